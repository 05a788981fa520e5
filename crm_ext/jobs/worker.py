"""The worker: takes the runs that were asked for, and goes on with those that an accident stopped."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from crm_ext.errors import Conflict, CrmExtError
from crm_ext.jobs.heartbeat import beating
from crm_ext.store import db
from crm_ext.store.models import Run
from crm_ext.sync import alerting, connections, engine, parts, runs, schedule

POLL = 1.0
log = logging.getLogger(__name__)


def work(lifeline: IO[bytes] | None = None) -> None:
    """Work until interrupted, or until the lifeline closes: that is how a child learns that its parent has ended."""
    with suppress(KeyboardInterrupt):
        if lifeline is not None:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell script's background job ignores it
            threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
        with beating():
            while True:
                turn()
                time.sleep(POLL)


def turn() -> bool:
    """Look once for work and for what has to be told; whether there was work."""
    did = step()
    _tell()
    return did


def _watch(lifeline: IO[bytes]) -> None:
    """Interrupt the work, a run under way included, once nobody holds the other end."""
    while os.read(lifeline.fileno(), 1):
        pass
    interrupt_main()


def _tell() -> None:
    """Send what administrators are to be told."""
    try:
        alerting.deliver()
    except Exception:
        log.exception("notices could not be looked at")
    finally:
        db.session.remove()


def step() -> bool:
    """Do one thing that waits: lead a run that was asked for, or help with one; whether there was anything."""
    try:
        return _tried(_next)
    finally:
        db.session.remove()


def _next() -> bool:
    schedule.start_due()
    return any(map(_led, runs.requested())) or any(map(_helped, parts.wanting(db.session())))


def _led(run: Run) -> bool:
    return _tried(lambda: engine.requested(run, connections.by_id(run.connection_id)))


def _helped(number: int) -> bool:
    run = runs.find(number)
    return _tried(lambda: engine.help_out(run, connections.by_id(run.connection_id)))


def _tried(work: Callable[[], bool]) -> bool:
    """Whether there was something to do. What goes wrong with one run is told, and stops no other."""
    try:
        return work()
    except Conflict:
        return False
    except CrmExtError as error:
        log.warning("run failed: %s", error)
    except Exception:
        log.exception("run failed")
    finally:
        db.session.rollback()
    return True
