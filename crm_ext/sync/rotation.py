"""Settings that a CRM rotates while a connector works, such as tokens: kept at once, from whatever thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any

from filelock import FileLock
from sqlalchemy import func, select

from crm_ext.store import db
from crm_ext.store.models import Connection
from crm_ext.sync.environment import config, entrance

Settings = Mapping[str, Any]
ADVISORY_SPACE = 0x74_6F_6B
"""The first of the two numbers of these advisory locks ("tok")."""


class Rotation:
    """Loads and saves one connection's settings in a session of its own: so nothing may be left uncommitted in
    another one while the CRM is asked, or SQLite's one writer waits for itself.

    `later` keeps what was rotated until `flush`: a dry run holds SQLite's only writer to its end.
    """

    def __init__(
        self,
        connection_id: int,
        read: Callable[[Connection], Settings],
        write: Callable[[Connection, Settings], None],
        *,
        later: bool = False,
    ) -> None:
        self._number = connection_id
        self._read, self._write = read, write
        self._later = later
        self._enter: Callable[[], AbstractContextManager[object]] = entrance()
        self._waiting: dict[str, Any] = {}
        self._mine = Lock()

    def load(self) -> Settings:
        with self._enter():
            return {**self._read(db.session.get_one(Connection, self._number)), **self._waiting}

    def save(self, rotated: Settings) -> None:
        with self._mine:
            self._waiting |= rotated
        if not self._later:
            self.flush()

    def flush(self) -> None:
        with self._mine, self._enter():
            if not self._waiting:
                return
            connection = db.session.get_one(Connection, self._number)
            self._write(connection, {**self._read(connection), **self._waiting})
            db.session.commit()
            self._waiting = {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held by one worker at a time: by the database where workers share it, else on this machine."""
        with self._enter():
            folder, engine = config().home / "locks", db.engine
        if engine.dialect.name == "postgresql":
            with engine.begin() as link:
                link.execute(select(func.pg_advisory_xact_lock(ADVISORY_SPACE, self._number)))
                yield
            return
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"tokens-{self._number}"):
            yield
