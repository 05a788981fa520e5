"""Signs of life: a worker says every few seconds that it is there, so that others can tell when it is not.

On PostgreSQL in a table, for workers on any machine. Beside SQLite, whose one writer may be busy with a long
transaction, as files in the instance folder.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from crm_ext.store import db, now
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.models import Heartbeat
from crm_ext.sync.environment import config, entrance

EVERY = 5.0
ALIVE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=1)
log = logging.getLogger(__name__)


@contextmanager
def beating() -> Iterator[None]:
    """Give signs of life while the block works; it never fails because of them."""
    name, over = f"{socket.gethostname()}-{os.getpid()}", Event()
    thread = Thread(target=_beat_on, args=(entrance(), name, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(EVERY)


def alive() -> int:
    """How many workers gave a sign lately. Raises SQLAlchemyError where the database cannot be asked."""
    if _in_files():
        return sum(abs(time.time() - mark) <= ALIVE.total_seconds() for mark in map(_mark, _folder().glob("*")))
    latest: datetime = now()
    lately = Heartbeat.beat_at.between(latest - ALIVE, latest + ALIVE)
    return db.session.scalar(select(func.count()).select_from(Heartbeat).where(lately)) or 0


def _beat_on(way_in: Callable[[], AbstractContextManager[object]], name: str, over: Event) -> None:
    with way_in():
        started = now()
        while True:
            _try(lambda: _beat(name, started))
            if over.wait(EVERY):
                break
        _try(lambda: _end(name))


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except (SQLAlchemyError, OSError) as error:
        log.warning("no sign of life could be given: %s", error)
    finally:
        db.session.remove()


def _beat(name: str, started: datetime) -> None:
    if _in_files():
        _folder().mkdir(parents=True, exist_ok=True)
        (_folder() / name).touch()
        return
    moment = now()
    row = {"worker": name, "started_at": started, "beat_at": moment}
    upsert(db.session(), table_of(Heartbeat), [row], keep=["started_at"])
    db.session.execute(delete(Heartbeat).where(Heartbeat.beat_at < moment - FORGOTTEN))
    db.session.commit()


def _end(name: str) -> None:
    if _in_files():
        (_folder() / name).unlink(missing_ok=True)
        return
    db.session.execute(delete(Heartbeat).where(Heartbeat.worker == name))
    db.session.commit()


def _in_files() -> bool:
    return db.engine.dialect.name != "postgresql"


def _folder() -> Path:
    return config().home / "workers"


def _mark(file: Path) -> float:
    """When a file was touched; long ago for one that went meanwhile."""
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0
