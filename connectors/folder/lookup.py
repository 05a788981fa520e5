"""Ids of records by e-mail and by name, on disk, so that any number of them fit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from weakref import finalize

from crm_ext.connector_api import Stream

MANY = ""


class Scratch:
    """An sqlite database in a nameless temporary file, which is gone when it is closed or the process ends."""

    def __init__(self, schema: str) -> None:
        self.db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.close = finalize(self, self.db.close)
        self.db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000; {schema}")
        self.db.execute("BEGIN")


class Names(Scratch):
    """One stream's ids by id, e-mail and name. A key of several records leads to none of them."""

    def __init__(self, stream: Stream, entries: Iterable[tuple[str, Iterable[str]]]) -> None:
        super().__init__("CREATE TABLE names (key TEXT PRIMARY KEY, id TEXT) WITHOUT ROWID")
        self.stream = stream
        self.db.executemany(
            "INSERT INTO names VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET id = '' WHERE id <> excluded.id",
            self._keys(entries),
        )
        self.find = lru_cache(maxsize=8192)(self._find)

    @staticmethod
    def _keys(entries: Iterable[tuple[str, Iterable[str]]]) -> Iterator[tuple[str, str]]:
        for external_id, keys in entries:
            yield f"#{external_id}", external_id
            yield from ((key, external_id) for key in set(map(folded, keys)) if key)

    def _find(self, key: str) -> str | None:
        """The id behind an id (after a #), an e-mail or a name; `MANY` if several share it, None if nobody has it."""
        row = self.db.execute("SELECT id FROM names WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])


def folded(name: str) -> str:
    """A name or an e-mail as it is compared."""
    return " ".join(name.casefold().split())
