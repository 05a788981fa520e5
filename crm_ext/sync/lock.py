"""One run per connection at a time: a lock that dies with its holder, so that the next command takes over at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import text

from crm_ext.errors import Conflict
from crm_ext.store import db
from crm_ext.sync.environment import config

ADVISORY_SPACE = 0x63_72_6D
"""The first of the two numbers of our advisory locks on PostgreSQL ("crm")."""


class Busy(Conflict):
    """Somebody else holds the lock."""


@contextmanager
def held(number: int) -> Iterator[None]:
    """Hold the lock of a connection. Raises Busy at once where another process has it."""
    with _advisory(number) if db.engine.dialect.name == "postgresql" else _file(number):
        yield


@contextmanager
def _file(number: int) -> Iterator[None]:
    folder = config().home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"connection-{number}", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy("A run is in progress.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory(number: int) -> Iterator[None]:
    """A session lock on a database connection of its own: the server lets go of it when the session ends."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        key = {"space": ADVISORY_SPACE, "number": number}
        if not session.scalar(text("SELECT pg_try_advisory_lock(:space, :number)"), key):
            raise Busy("A run is in progress.")
        try:
            yield
        finally:
            session.execute(text("SELECT pg_advisory_unlock(:space, :number)"), key)
