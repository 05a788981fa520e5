"""How far a model has been read, and what is known of it: nothing is lost, nothing read twice in vain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from connectors.odoo.server import Row
from crm_ext.connector_api import Ids

SAVED = 20
"""A checkpoint is renewed once a twentieth has come on top: all of them together stay small."""


class Known:
    """The ids that are in the CRM as far as we know; the text is taken apart only when something changes."""

    def __init__(self, text: str = "", count: int = 0) -> None:
        self.text, self.count = text, count

    @cached_property
    def ids(self) -> Ids:
        return Ids(self.text)

    def see(self, id_: int, *, here: bool) -> None:
        (self.ids.add if here else self.ids.discard)(id_)

    def __len__(self) -> int:
        return len(self.ids) if "ids" in self.__dict__ else self.count

    def __str__(self) -> str:
        return str(self.ids) if "ids" in self.__dict__ else self.text


@dataclass
class Progress:
    """One pull of one model, as its checkpoint keeps it; `at` is Odoo's clock when it began, `after` the last id read.

    `tail` holds the rows of the look-back before `at` as they were read: their ids by time of change. Odoo stamps what
    it writes with the beginning of the transaction, so a row may turn up late; it is told by not being in the tail.
    """

    at: str = ""
    after: int = 0
    known: Known = field(default_factory=Known)
    tail: dict[str, Ids] = field(default_factory=dict)
    low: str = ""
    _unsaved: int = 0
    _saved: Mapping[str, Any] | None = None

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> Progress:
        """From a checkpoint or a mark."""
        tail = {at: Ids(ids) for at, ids in kept["tail"].items()}
        return cls(kept["at"], kept.get("after", 0), Known(kept["ids"], kept["count"]), tail, kept.get("low", ""))

    def dump(self) -> dict[str, Any]:
        tail = {at: str(ids) for at, ids in self.tail.items() if self.low <= at < self.at}
        return {"at": self.at, "ids": str(self.known), "count": len(self.known), "tail": tail}

    def begin(self, at: str, low: str) -> None:
        """Set the clock of this pull, unless it goes on after a restart."""
        if not self.low:
            self.at, self.low = at, low

    def see(self, rows: Iterable[Row], counts: Callable[[Row], bool]) -> None:
        for row in rows:
            self.known.see(row["id"], here=counts(row))
            self._unsaved += 1
            self.remember(row)

    def remember(self, row: Row) -> None:
        """Keep a row in the tail, if it is of the look-back."""
        if self.low <= row["write_date"] < self.at:
            self.tail.setdefault(row["write_date"], Ids()).add(row["id"])

    def is_known(self, row: Row) -> bool:
        """Whether a row was read as it is now; what changed while the last pull ran is read once more."""
        ids = self.tail.get(row["write_date"])
        return ids is not None and row["id"] in ids

    def saved(self) -> Mapping[str, Any]:
        """The checkpoint: the last one, while not much has come on top of it."""
        if self._saved is None or self._unsaved * SAVED >= len(self.known):
            self._unsaved = 0
            self._saved = {**self.dump(), "after": self.after, "low": self.low}
        return self._saved
