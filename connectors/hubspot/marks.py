"""How far a kind of object has been read, so that neither the lag of the search index nor equal times lose a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_TAIL = 20_000


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything modified up to `at` (ms) has been read, but for what the index did not show yet.

    `tail` holds the records known in the look-back before `at`, with their times; None if that is not known. What
    turns up there later is late, and is told by being neither known nor newer. Of the archive, what was
    archived up to `archive_read` is known; it is read again from `archive_due` on.
    """

    at: int
    tail: Mapping[str, int] | None = None
    archive_read: int = 0
    archive_due: int = 0

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> Mark:
        return cls(kept["at"], kept["tail"], kept["archive_read"], kept["archive_due"])

    def dump(self) -> dict[str, Any]:
        tail = None if self.tail is None else dict(self.tail)
        archive = {"archive_read": self.archive_read, "archive_due": self.archive_due}
        return {"at": self.at, "tail": tail, **archive}

    def known(self, record_id: str, modified: int) -> bool:
        return self.tail is not None and self.tail.get(record_id) == modified


@dataclass
class Tracker:
    """Watches the records of one pull and makes the mark that it leaves.

    `start` is the CRM's clock when the pull began: a record that changes during the pull is newer than it, and is
    read again by the next one. `newest` keeps the mark behind both clocks, should they differ.
    """

    start: int
    lag: int
    newest: int = 0
    tail: dict[str, int] | None = field(default_factory=dict)
    archive_read: int | None = None
    archive_due: int = 0

    def see(self, records: Iterable[tuple[str, int]]) -> None:
        for record_id, modified in records:
            self.newest = max(self.newest, modified)
            if self.tail is not None:
                self.tail[record_id] = modified
        if self.tail is not None and len(self.tail) > 2 * LONGEST_TAIL:
            self._prune()

    def forget(self, record_ids: Iterable[str]) -> None:
        for record_id in record_ids:
            if self.tail is not None:
                self.tail.pop(record_id, None)

    def count(self, low: int) -> int | None:
        """How many records are known to be modified at `low` or later."""
        return None if self.tail is None else sum(at >= low for at in self.tail.values())

    def mark(self) -> Mark:
        self._prune()
        read = self._at if self.archive_read is None else self.archive_read
        return Mark(self._at, self.tail, read, self.archive_due)

    @property
    def _at(self) -> int:
        return min(self.start, self.newest)

    def _prune(self) -> None:
        if self.tail is None:
            return
        low = self._at - self.lag
        self.tail = {record_id: modified for record_id, modified in self.tail.items() if modified >= low}
        if len(self.tail) > LONGEST_TAIL:
            self.tail = None
