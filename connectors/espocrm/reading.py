"""Reading one entity: all of it, what changed since a mark, or some records by id."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.espocrm.addresses import AddressBook, receivers, sender
from connectors.espocrm.api import EspoApi, RawRow, Where
from connectors.espocrm.kinds import CREATED, EMAILS, MODIFIED, PEOPLE, USERS, EntityKind, external
from connectors.espocrm.mapping import Mapper
from connectors.espocrm.marks import Mark
from connectors.espocrm.values import moment, stamp
from crm_ext.connector_api import BadRow, Change, Deleted, batched, pages

Cursor = tuple[str, ...]
"""Where the next page begins: an id, or a time of change and an id."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some changes of one entity and where to go on; the last piece has the mark, and tells whether rows are lost."""

    changes: Sequence[Change] = ()
    bad: Sequence[BadRow] = ()
    checkpoint: Mapping[str, Any] | None = None
    mark: Mapping[str, Any] | None = None
    lost: bool = False


class Reader:
    """Reads entities of one EspoCRM. `look_back` is in seconds."""

    def __init__(self, api: EspoApi, mapper: Mapper, book: AddressBook, look_back: float) -> None:
        self._api = api
        self._mapper = mapper
        self._book = book
        self._look_back = look_back

    def everything(self, kind: EntityKind, checkpoint: Mapping[str, Any]) -> Iterator[Piece]:
        """Every row, in order of id, so that none moves from page to page."""
        mark = Mark(until=checkpoint.get("until", ""), count=checkpoint.get("count", 0), at=checkpoint.get("at", ""))
        mark.young = dict(checkpoint.get("young", {}))
        if checkpoint:
            mark.tail = None
        sent = time.time()
        for rows, cursor in self._pages(kind, by_id, ("id",), tuple(checkpoint.get("after", ())) or None):
            if not mark.until:
                start = self._api.clock(sent)
                mark.at, mark.until = stamp(start), stamp(start - self._look_back)
            for row in rows:
                mark.see(row, mark.until)
                mark.count += str(row.get(CREATED) or "") < mark.until
            state = {"after": cursor, "until": mark.until, "count": mark.count, "at": mark.at, "young": mark.young}
            yield self._piece(kind, rows, state, None if cursor else self._marked(mark))

    def changed(self, kind: EntityKind, kept: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> Iterator[Piece]:
        """What was modified since the mark, in order of time; then a count that shows whether rows are gone."""
        mark = Mark.load(kept)
        low = self._before(mark.at)
        mark.tail = mark.tail or {}
        if checkpoint:
            mark.at, mark.young, mark.tail = checkpoint["at"], dict(checkpoint["young"]), None
        sent, start = time.time(), checkpoint.get("start", 0.0)
        where = since(low)
        for rows, cursor in self._pages(kind, where, (MODIFIED, "id"), tuple(checkpoint.get("after", ())) or None):
            start = start or self._api.clock(sent)
            fresh = [row for row in rows if mark.see(row, low)]
            state = {"after": cursor, "start": start, "at": mark.at, "young": mark.young}
            yield self._piece(kind, fresh, state, None)
        until = stamp(start - self._look_back)
        actual = self._count(kind, until)
        lost = actual >= 0 and actual != mark.expected(until)
        mark.counted(until)
        mark.at = max(mark.at, stamp(start))
        yield Piece(mark=self._marked(mark), lost=lost)

    def named(self, kind: EntityKind, ids: Sequence[str]) -> Iterator[Piece]:
        """Some records as they stand now; those that EspoCRM does not give are gone."""
        for batch in batched(ids, self._api.page_size):
            where = [*kind.where, {"type": "in", "attribute": "id", "value": batch}]
            rows, _ = self._api.listed(kind.name, self._mapper.attributes(kind), where)
            there = {str(row["id"]) for row in rows}
            gone = [Deleted(kind.stream, external(kind, each)) for each in batch if each not in there]
            piece = self._piece(kind, rows, None, None)
            yield Piece([*piece.changes, *gone], piece.bad)

    def _pages(
        self, kind: EntityKind, where: Any, keys: Sequence[str], cursor: Cursor | None
    ) -> Iterator[tuple[Sequence[RawRow], Cursor | None]]:
        select = self._mapper.attributes(kind)

        def fetch(after: Cursor | None) -> tuple[Sequence[RawRow], Cursor | None]:
            rows, more = self._api.listed(kind.name, select, [*kind.where, *where(after)], keys[0])
            last = tuple(str(rows[-1].get(key) or "") for key in keys) if more else None
            return list({str(row["id"]): row for row in rows}.values()), last

        return pages(fetch, cursor)

    def _count(self, kind: EntityKind, until: str) -> int:
        """Rows created before a time; -1 where EspoCRM does not count them."""
        if not kind.counted:
            return -1
        return self._api.count(kind.name, [*kind.where, {"type": "lessThan", "attribute": CREATED, "value": until}])

    def _marked(self, mark: Mark) -> Mapping[str, Any]:
        mark.forget(self._before(mark.at))
        return mark.dump()

    def _before(self, when: str) -> str:
        at = moment(when)
        return stamp(at.timestamp() - self._look_back) if at else ""

    def _piece(
        self,
        kind: EntityKind,
        rows: Sequence[RawRow],
        state: Mapping[str, Any] | None,
        mark: Mapping[str, Any] | None,
    ) -> Piece:
        if kind in (*PEOPLE, USERS):
            self._book.note(kind, rows)
        elif kind is EMAILS:
            self._book.learn(each for row in rows for each in (sender(row), *receivers(row)) if each)
        changes: list[Change] = []
        bad: list[BadRow] = []
        for row in rows:
            try:
                changes.append(self._mapper.change(kind, row))
            except (ValueError, KeyError, TypeError) as error:
                name = str(row.get("id"))
                bad.append(BadRow(kind.stream, f"{kind.name} {name}", str(error), external(kind, name)))
        return Piece(changes, bad, state, mark)


def by_id(after: Cursor | None) -> list[Where]:
    return [{"type": "greaterThan", "attribute": "id", "value": after[0]}] if after else []


def since(low: str) -> Any:
    """From a time on; then what comes after a time of change and an id."""

    def where(after: Cursor | None) -> list[Where]:
        if not after:
            return [{"type": "greaterThanOrEquals", "attribute": MODIFIED, "value": low}]
        later = {"type": "greaterThan", "attribute": MODIFIED, "value": after[0]}
        same = [
            {"type": "equals", "attribute": MODIFIED, "value": after[0]},
            {"type": "greaterThan", "attribute": "id", "value": after[1]},
        ]
        return [{"type": "or", "value": [later, {"type": "and", "value": same}]}]

    return where
