"""Tables in memory with search domains as trytond knows them: enough for the calls of the connector, and fast."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

Row = dict[str, Any]
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    ">": lambda left, right: left is not None and bool(left > right),
    "<": lambda left, right: left is not None and bool(left < right),
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
    "like": lambda left, right: bool(right.fullmatch(left or "")),
    "not like": lambda left, right: not right.fullmatch(left or ""),
}


def liked(pattern: str) -> re.Pattern[str]:
    """A pattern of `like`, with % for any text and _ for any character."""
    return re.compile(re.escape(pattern).replace("%", ".*").replace("_", "."), re.DOTALL)


def active_ones(domain: Sequence[Any]) -> Sequence[Any]:
    """A domain that asks at each level for active rows, unless that level names `active` itself."""
    if domain and domain[0] == "OR":
        return ["OR", *(active_ones(each) if not isinstance(each[0], str) else each for each in domain[1:])]
    inner = [each if isinstance(each[0], str) and each[0] != "OR" else active_ones(each) for each in domain]
    return inner if any(each[0] == "active" for each in inner) else [*inner, ["active", "=", True]]


def prepared(clause: Any) -> Any:
    """A clause as it is looked at for many rows: lists of values as sets, patterns compiled."""
    if clause[0] == "OR" or not isinstance(clause[0], str):
        return [each if isinstance(each, str) else prepared(each) for each in clause]
    name, operator, value = clause
    return [name, operator, PREPARED.get(operator, lambda as_it_is: as_it_is)(value)]


PREPARED: Mapping[str, Callable[[Any], Any]] = {
    "in": frozenset,
    "not in": frozenset,
    "like": liked,
    "not like": liked,
}


class Table:
    """Rows by id, with the orders and look-ups that searches go by: id, time of change, and one field more."""

    def __init__(self, look_up: str = "") -> None:
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.changed: list[tuple[datetime, int]] = []
        self.look_up = look_up
        self.found: dict[Any, list[int]] = {}

    def fill(self, rows: Iterable[Row]) -> None:
        """Take in many rows at once, into an empty table."""
        self.rows = {row["id"]: row for row in rows}
        self.ids = sorted(self.rows)
        self.changed = sorted((row["last_modified_at"], row["id"]) for row in self.rows.values())
        for id_ in self.ids if self.look_up else ():
            self.found.setdefault(self.rows[id_][self.look_up], []).append(id_)

    def put(self, row: Row) -> None:
        """Add a row, or put it in the place of the one with its id."""
        self.drop(row["id"])
        self.rows[row["id"]] = row
        insort(self.ids, row["id"])
        insort(self.changed, (row["last_modified_at"], row["id"]))
        if self.look_up:
            insort(self.found.setdefault(row[self.look_up], []), row["id"])

    def drop(self, id_: int) -> Row | None:
        row = self.rows.pop(id_, None)
        if row:
            del self.ids[bisect_left(self.ids, id_)]
            del self.changed[bisect_left(self.changed, (row["last_modified_at"], id_))]
            if self.look_up:
                self.found[row[self.look_up]].remove(id_)
        return row

    def next_id(self) -> int:
        return (self.ids[-1] if self.ids else 0) + 1

    def search(
        self, domain: Sequence[Any], order: Any = None, limit: int | None = None, *, hiding: bool = True
    ) -> list[Row]:
        """The rows that meet a domain; unless told otherwise, archived ones are hidden, as trytond does it."""
        if hiding:
            domain = active_ones(domain)
        return list(
            islice((row for row in self._candidates(domain, order or [["id", "ASC"]]) if meets(row, domain)), limit)
        )

    def _candidates(self, domain: Sequence[Any], order: Sequence[Sequence[str]]) -> Iterable[Row]:
        """Rows in order, as few as can be told without looking at each."""
        leaves = {(each[0], each[1]): each[2] for each in domain if isinstance(each[0], str) and each[0] != "OR"}
        named = leaves.get(("id", "in"))
        if named is None and self.look_up and (self.look_up, "in") in leaves:
            named = [id_ for each in leaves[self.look_up, "in"] for id_ in self.found.get(each, ())]
        if named is not None:
            return sorted(
                (self.rows[each] for each in set(named) if each in self.rows), key=lambda row: place(row, order)
            )
        if order[0] == ["id", "DESC"]:
            return (self.rows[each] for each in reversed(self.ids))
        if order[0][0] == "id":
            begin = bisect_right(self.ids, leaves.get(("id", ">"), 0))
            return (self.rows[each] for each in islice(self.ids, begin, None))
        if order[0][1] == "DESC":
            return (self.rows[id_] for _, id_ in reversed(self.changed))
        begin = bisect_right(self.changed, beyond(domain)) if beyond(domain) else 0
        return (self.rows[id_] for _, id_ in islice(self.changed, begin, None))


def place(row: Row, order: Sequence[Sequence[str]]) -> tuple[Any, ...]:
    return tuple(row[name] for name, _ in order)


def beyond(domain: Sequence[Any]) -> Any:
    """The (time of change, id) after which a search begins, if it is one for what comes after a place."""
    for each in domain:
        if each[0] == "OR" and each[1][0][:2] == ["last_modified_at", ">"]:
            return (each[1][0][2], each[2][1][2])
    return None


def meets(row: Row, domain: Sequence[Any]) -> bool:
    return all(met(row, each) for each in domain)


def met(row: Row, clause: Sequence[Any]) -> bool:
    """Whether a row meets a clause: [name, operator, value], ["OR", …] or a list of clauses."""
    if clause[0] == "OR":
        return any(met(row, each) for each in clause[1:])
    if not isinstance(clause[0], str):
        return meets(row, clause)
    name, operator, value = clause
    return OPERATORS[operator](row.get(name, True if name == "active" else None), value)
