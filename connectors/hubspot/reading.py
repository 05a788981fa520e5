"""Reading one kind of object: all of it, what changed since a mark, or some records by id."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from connectors.hubspot.api import HubSpotApi
from connectors.hubspot.associations import BATCH, Associations
from connectors.hubspot.kinds import MERGED, ObjectKind, external
from connectors.hubspot.mapping import Links, Mapper
from connectors.hubspot.marks import Mark, Tracker
from connectors.hubspot.objects import SEARCH_PAGE, Filters, Objects, RawRow, modified
from connectors.hubspot.values import milliseconds
from crm_ext.connector_api import BadRow, Change, Deleted, batched

FREE_ARCHIVE_PAGES = 3
ARCHIVE_PAUSE = 300_000
"""Milliseconds for which a page of a long archive lets it rest: its lists have no order of time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some changes of one kind and where to go on; the last piece has the mark."""

    changes: Sequence[Change] = ()
    bad: Sequence[BadRow] = ()
    checkpoint: Mapping[str, Any] | None = None
    mark: Mark | None = None


class Reader:
    """Reads kinds of objects of one account. `lag` is the look-back in ms."""

    def __init__(self, api: HubSpotApi, mapper: Mapper, lag: int) -> None:
        self._api = api
        self._mapper = mapper
        self._lag = lag
        self._objects = Objects(api)
        self._associations = Associations(api)

    def everything(self, kind: ObjectKind, checkpoint: Mapping[str, Any]) -> Iterator[Piece]:
        """Every object, by list. After a restart the mark does not know its look-back."""
        tracker = self._tracker(checkpoint, tail=None if checkpoint else {})
        sent = time.time()
        listing = self._objects.listed(kind, self._mapper.properties(kind), checkpoint.get("after"))
        for rows, cursor in listing:
            tracker.start = tracker.start or self._api.clock(sent)
            tracker.see(stamps(kind, rows))
            changes, bad = self._mapped(kind, rows, self._links(kind, rows))
            state = {"after": cursor, "start": tracker.start, "newest": tracker.newest}
            yield Piece(changes, bad, state, None if cursor else tracker.mark())

    def changed(self, kind: ObjectKind, mark: Mark, checkpoint: Mapping[str, Any]) -> Iterator[Piece]:
        """What was modified, archived or merged since the mark, by search."""
        tail = None if checkpoint else dict(mark.tail or {})
        tracker = self._tracker({"newest": mark.at, **checkpoint}, tail)
        tracker.archive_read, tracker.archive_due = mark.archive_read, mark.archive_due
        sent = time.time()
        gone = self._archived(kind, mark, tracker)
        tracker.forget(gone)
        merged: set[str] = set()
        for rows, state in self._searched(kind, mark, tracker, checkpoint, sent):
            merged.update(old for row in rows for old in (row["properties"].get(MERGED) or "").split(";"))
            changes, bad = self._mapped(kind, rows, self._associations.of_ids(kind, [str(r["id"]) for r in rows]))
            yield Piece(changes, bad, {**state, "start": tracker.start, "newest": tracker.newest})
        deleted = [Deleted(kind.stream, external(kind, each)) for each in gone if each not in merged]
        yield Piece(deleted, mark=tracker.mark())

    def named(self, kind: ObjectKind, ids: Sequence[str]) -> Iterator[Piece]:
        """Some records as they stand now; those that HubSpot does not give are gone, or merged into one of these."""
        for batch, rows in self._objects.read(kind, self._mapper.properties(kind), ids):
            changes, bad = self._mapped(kind, rows, self._associations.of_ids(kind, [str(r["id"]) for r in rows]))
            there = {str(row["id"]) for row in rows}
            there.update(old for row in rows for old in (row["properties"].get(MERGED) or "").split(";"))
            gone = [Deleted(kind.stream, external(kind, each)) for each in batch if each not in there]
            yield Piece([*changes, *gone], bad)

    def _links(self, kind: ObjectKind, rows: Sequence[RawRow]) -> Mapping[str, Links]:
        if kind.name in self._objects.bare:
            return self._associations.of_ids(kind, [str(row["id"]) for row in rows])
        return self._associations.of_list(kind, rows)

    def _tracker(self, kept: Mapping[str, Any], tail: dict[str, int] | None) -> Tracker:
        return Tracker(kept.get("start", 0), self._lag, kept.get("newest", 0), tail)

    def _archived(self, kind: ObjectKind, mark: Mark, tracker: Tracker) -> list[str]:
        """Ids archived since the mark. A long archive is not read at each run."""
        now = self._api.clock(time.time())
        if now < mark.archive_due:
            return []
        archive = list(self._objects.archived(kind))
        stamps = {str(row["id"]): milliseconds(row.get("archivedAt")) or now for rows in archive for row in rows}
        tracker.archive_read = min(now, max([mark.archive_read, *stamps.values()]))
        tracker.archive_due = now + max(0, len(archive) - FREE_ARCHIVE_PAGES) * ARCHIVE_PAUSE
        return [each for each, at in stamps.items() if at > mark.archive_read]

    def _searched(
        self, kind: ObjectKind, mark: Mark, tracker: Tracker, checkpoint: Mapping[str, Any], sent: float
    ) -> Iterator[tuple[list[RawRow], dict[str, Any]]]:
        """Batches of rows that are new to us. Few are found by one search; else first what is newer than the mark,
        then, only if the index counts more than we know, what turned up late in the look-back before it."""
        properties = self._mapper.properties(kind)
        low = str(mark.at - self._lag)
        phase, known = checkpoint.get("phase", 0), None
        if not checkpoint:
            rows, known = self._objects.found(kind, properties, [where(kind, "GTE", low)])
            tracker.start = self._api.clock(sent)
            if known <= len(rows):
                yield from self._fresh(kind, mark, tracker, [rows], {"phase": 2})
                return
        newer: Filters = [where(kind, "GT", str(mark.at))]
        late: Filters = [where(kind, "GTE", low), where(kind, "LTE", str(mark.at))]
        for number, filters in ((0, newer), (1, late)):
            if number < phase or (number == 1 and mark.tail is not None and known == tracker.count(int(low))):
                continue
            last = checkpoint.get("last") if number == phase else None
            walk = self._objects.walked(kind, properties, filters, last)
            yield from self._fresh(kind, mark, tracker, walk, {"phase": number})

    def _fresh(
        self,
        kind: ObjectKind,
        mark: Mark,
        tracker: Tracker,
        pages: Iterable[Sequence[RawRow]],
        state: dict[str, Any],
    ) -> Iterator[tuple[list[RawRow], dict[str, Any]]]:
        for group in batched(pages, BATCH // SEARCH_PAGE):
            rows = list(chain.from_iterable(group))
            tracker.see(stamps(kind, rows))
            new = [row for row in rows if not mark.known(str(row["id"]), modified(kind, row))]
            if new:
                yield new, {**state, "last": str(max(int(row["id"]) for row in rows))}

    def _mapped(
        self, kind: ObjectKind, rows: Sequence[RawRow], links: Mapping[str, Links]
    ) -> tuple[list[Change], list[BadRow]]:
        changes: list[Change] = []
        bad: list[BadRow] = []
        for row in rows:
            try:
                changes += self._mapper.changes(kind, row, links.get(str(row["id"]), {}))
            except (ValueError, KeyError, TypeError) as error:
                bad.append(
                    BadRow(kind.stream, f"{kind.name} {row.get('id')}", str(error), external(kind, str(row.get("id"))))
                )
        return changes, bad


def where(kind: ObjectKind, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": kind.modified, "operator": operator, "value": value}


def stamps(kind: ObjectKind, rows: Iterable[RawRow]) -> list[tuple[str, int]]:
    return [(str(row["id"]), modified(kind, row)) for row in rows]
