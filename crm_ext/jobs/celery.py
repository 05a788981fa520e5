"""Celery carries the call for workers and spreads the work over them.

The database says what there is to do, so that a call may be lost, or come twice: there is one kind of it, without
arguments, and nothing is tried again here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from socket import gethostname
from threading import Thread
from time import sleep
from uuid import uuid4

from celery import Celery, signals
from kombu.exceptions import OperationalError

from crm_ext.jobs import worker
from crm_ext.jobs.heartbeat import beating
from crm_ext.store import db

QUEUE = "crm_ext"
TASK = "crm_ext.work"
CALLS = 32
"""As many workers are called at once; whoever has come and finds more to do than it can take calls nobody."""
TICK = 2.0
"""Seconds after which a worker looks by itself, should a call have been lost."""
FORGOTTEN = 60.0
"""Seconds after which a call that nobody heard is dropped."""
PATIENCE = 2.0
"""Seconds that the broker has to take a call."""
log = logging.getLogger(__name__)


WayIn = Callable[[], AbstractContextManager[object]]
"""The way into the application whose work is done: `with way_in():`."""


def made(way_in: WayIn, broker_url: str) -> Celery:
    """A Celery application with one task, which does in that application what there is to do."""
    celery = Celery("crm_ext", broker=broker_url, set_as_current=False)
    celery.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=PATIENCE,
    )

    def work() -> None:
        with way_in():
            while worker.turn():
                pass

    celery.task(work, name=TASK, max_retries=0, shared=False)
    return celery


def wake(celery: Celery, workers: int) -> None:
    """Call for workers. Without the broker nobody is called, and nothing is lost: it is done once it is back."""
    try:
        for _ in range(min(workers, CALLS)):
            celery.send_task(TASK, expires=FORGOTTEN, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no worker could be called: %s", error)


def work(celery: Celery, way_in: WayIn, concurrency: int) -> None:
    """Work until interrupted, as so many processes, each with database connections of its own."""

    def disconnect(*, close: bool = False, **_: object) -> None:
        with way_in():
            db.engine.dispose(close=close)

    def ready(**_: object) -> None:
        Thread(target=_tick, args=(celery, way_in), daemon=True).start()

    disconnect(close=True)
    signals.worker_process_init.connect(disconnect)
    signals.worker_ready.connect(ready)
    name = f"{uuid4().hex}@{gethostname()}"
    celery.Worker(hostname=name, pool="prefork", concurrency=concurrency, loglevel="WARNING", quiet=True).start()


def _tick(celery: Celery, way_in: WayIn) -> None:
    with way_in(), beating():
        while True:
            sleep(TICK)
            with suppress(Exception):
                celery.send_task(TASK, expires=TICK, retry=False)
