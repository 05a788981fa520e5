"""How far an entity has been read, so that neither whole seconds nor deletions that leave no trace lose anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from connectors.espocrm.kinds import CREATED, MODIFIED

LONGEST_TAIL = 20_000
Raw = Mapping[str, Any]


def modified(row: Raw) -> str:
    return str(row.get(MODIFIED) or row.get(CREATED) or "")


def digest(row: Raw) -> str:
    """A row's contents in a few letters: EspoCRM's times cannot tell two changes within one second apart."""
    return blake2b(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), digest_size=9).hexdigest()


@dataclass
class Mark:
    """Where one entity's next pull begins. Times are EspoCRM's texts, which compare as they are.

    Everything modified up to `at` was read; `tail` holds the rows modified in the look-back before it, by id with
    their digest (None: not known), so that a second look tells what is new. `count` rows were created before `until`;
    `young` are those created since, by id with their time: the sum is what must be there next time.
    """

    at: str = ""
    tail: dict[str, list[str]] | None = field(default_factory=dict)
    until: str = ""
    count: int = 0
    young: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, kept: Raw) -> Mark:
        tail = kept["tail"]
        return cls(kept["at"], None if tail is None else dict(tail), kept["until"], kept["count"], dict(kept["young"]))

    def dump(self) -> dict[str, Any]:
        tail = None if self.tail is None else dict(self.tail)
        return {"at": self.at, "tail": tail, "until": self.until, "count": self.count, "young": dict(self.young)}

    def see(self, row: Raw, low: str) -> bool:
        """Note a row, with its contents if it was modified at `low` or later; tells whether it is new to us."""
        when, created, row_id = modified(row), str(row.get(CREATED) or ""), str(row["id"])
        self.at = max(self.at, when)
        if created >= self.until:
            self.young[row_id] = created
        if when < low:
            return True
        print_ = digest(row)
        if self.tail is None:
            return True
        known = self.tail.get(row_id, ("", ""))[1] == print_
        self.tail[row_id] = [when, print_]
        return not known

    def forget(self, low: str) -> None:
        """Drop from the tail what lies before `low`."""
        if self.tail is not None:
            self.tail = {each: seen for each, seen in self.tail.items() if seen[0] >= low}
            if len(self.tail) > LONGEST_TAIL:
                self.tail = None

    def expected(self, until: str) -> int:
        """How many rows created before `until` must be there, if none was deleted."""
        return self.count + sum(created < until for created in self.young.values())

    def counted(self, until: str) -> None:
        """Draw the line between counted and young rows anew."""
        self.count = self.expected(until)
        self.young = {each: created for each, created in self.young.items() if created >= until}
        self.until = until
