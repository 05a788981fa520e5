"""Reading a stream: all of it by id, then what changed by time of change; deletions by what is no longer counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.tryton.rpc import Rpc, UnknownModel, moment, wire
from crm_ext.connector_api import Change, Cursor, Deleted, Ids, Page, Part, Stream, batched, instant, pages

Row = Mapping[str, Any]
Domain = list[Any]
BEGINNING = "1970-01-01T00:00:00+00:00"
STAMP = ("last_modified_at",)
OPTIONAL = ("sale.opportunity",)
"""Models whose module a database may do without; their streams are empty then."""

SWEEP = 10_000
"""Ids that one request asks for when deletions are looked for."""


@dataclass(frozen=True, slots=True)
class Source:
    """A model whose changes concern a stream.

    `keys` lead to the stream's own rows; `later` sources matter to increments only; where a model is not `timed`
    (its `last_modified_at` is always now, as in models that are made of others), only new rows are noticed.
    """

    model: str
    keys: tuple[str, ...] = ("id",)
    domain: tuple[Any, ...] = ()
    archives: bool = False
    later: bool = False
    timed: bool = True

    @property
    def context(self) -> dict[str, Any]:
        """trytond adds `active` to every level of a domain that does not name it; only the context stops that."""
        return {"active_test": False} if self.archives else {}


@dataclass(frozen=True, slots=True)
class Reader:
    """How a stream is read: its own model, the sources that tell which rows to read, and how rows become changes.

    `counted` readers notice deletions by counting; the others leave them to the next full pull.
    """

    stream: Stream
    own: Source
    sources: tuple[Source, ...]
    fields: Sequence[str]
    changes: Callable[[Sequence[Row]], Sequence[Change]]
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull stands, as a checkpoint keeps it. `marks` are by model: (time of change, id); `ids` are runs."""

    full: bool
    source: int = 0
    after: Sequence[Any] = ()
    marks: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    limit: str = BEGINNING
    ids: str = ""


class Pulling:
    """One pull of one part."""

    def __init__(self, rpc: Rpc, reader: Reader, size: int, look_back: float) -> None:
        self.rpc, self.reader, self.size, self.look_back = rpc, reader, size, look_back
        self.known = Ids()

    def run(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        self.rpc.ready()
        try:
            place = Place(**checkpoint) if checkpoint else self._start(part.since)
        except UnknownModel:
            if self.reader.own.model not in OPTIONAL:
                raise
            yield Page(since={}, complete=True)
            return
        self.known = Ids(place.ids)
        total = self._count() if place.full and not checkpoint else None
        for index in range(place.source, len(self.reader.sources)):
            for page, at in self._source(replace(place, source=index)):
                yield replace(page, total=total)
                place, total = at, None
            place = replace(place, after=())
        yield self._last(place)

    def _start(self, since: Cursor | None) -> Place:
        """The beginning of all, or of what changed. `limit` is a time before which no write is under way any more."""
        known = (since or {}).get("marks", {})
        limit = iso(self.rpc.now - timedelta(seconds=self.look_back))
        marks = {each.model: known.get(each.model) or self._newest(each) for each in self.reader.sources}
        return Place(full=not since, marks=marks, limit=limit, ids=(since or {}).get("ids", ""))

    def _newest(self, source: Source) -> Sequence[Any]:
        """The mark after everything that is there."""
        order = [[name, "DESC"] for name in (*(STAMP if source.timed else ()), "id")]
        rows = self._search(source, (), order, STAMP, 1)
        return following(rows, by_id=not source.timed) if rows else () if not source.timed else (BEGINNING, 0)

    def _source(self, place: Place) -> Iterator[tuple[Page, Place]]:
        source = self.reader.sources[place.source]
        if place.full and source.later:
            return
        fields = self.reader.fields if source is self.reader.own else (*source.keys, *STAMP)
        by_id = place.full or not source.timed
        order = [[name, "ASC"] for name in (*(() if by_id else STAMP), "id")]
        begin = place.after or (() if place.full else place.marks[source.model])

        def fetch(after: Any) -> tuple[Sequence[Row], Any]:
            rows = self._search(source, beyond(after, by_id=by_id), order, fields, self.size)
            return rows, following(rows, by_id=by_id) if len(rows) >= self.size else None

        for rows, _ in pages(fetch, tuple(begin)):
            changes = self._changes(source, rows)
            if rows:
                place = self._moved(place, source, rows)
            yield Page(changes=changes, checkpoint=asdict(place)), place

    def _moved(self, place: Place, source: Source, rows: Sequence[Row]) -> Place:
        """The place after some rows; the mark of an increment moves along."""
        after = following(rows, by_id=place.full or not source.timed)
        marks = place.marks if place.full else {**place.marks, source.model: after}
        return replace(place, after=after, marks=marks, ids=str(self.known))

    def _changes(self, source: Source, rows: Sequence[Row]) -> Sequence[Change]:
        """The stream's changes behind a source's rows: they are its own rows, or lead to them."""
        if source is not self.reader.own:
            return self._read({row[key] for row in rows for key in source.keys} - {None})
        for row in rows:
            (self.known.add if row.get("active", True) else self.known.discard)(row["id"])
        return self.reader.changes(rows) if rows else []

    def _read(self, ids: set[Any]) -> Sequence[Change]:
        own = self.reader.own
        rows = self._search(own, [["id", "in", sorted(ids)]], None, self.reader.fields, None) if ids else []
        return self.reader.changes(rows) if rows else []

    def _last(self, place: Place) -> Page:
        """What was deleted, and the mark for the next pull."""
        swept = not place.full and self.reader.counted and self._count() != len(self.known)
        changes = self._sweep() if swept else []
        timed = {each.model for each in self.reader.sources if each.timed}
        marks = {
            model: list(min(tuple(mark), (place.limit, 0)) if model in timed else mark)
            for model, mark in place.marks.items()
        }
        return Page(changes=changes, since={"marks": marks, "ids": str(self.known)}, complete=place.full)

    def _sweep(self) -> Sequence[Change]:
        """Compare ids: told are those that are gone, and read those that came without being seen."""
        here = self._here()
        gone = [each for each in self.known if each not in here]
        new = [each for each in here if each not in self.known]
        self.known = here
        changes: list[Change] = [Deleted(self.reader.stream, str(each)) for each in gone]
        for batch in batched(new, self.size):
            changes += self._read(set(batch))
        return changes

    def _here(self) -> Ids:
        """The ids of all active rows."""
        own, found = self.reader.own, Ids()

        def fetch(last: int | None) -> tuple[Sequence[int], int | None]:
            domain = [*own.domain, ["id", ">", last]]
            ids = self.rpc.model(f"{own.model}.search", domain, 0, SWEEP, [["id", "ASC"]])
            return ids, ids[-1] if len(ids) >= SWEEP else None

        for ids, _ in pages(fetch, 0):
            found.update(ids)
        return found

    def _count(self) -> int:
        own = self.reader.own
        return int(self.rpc.model(f"{own.model}.search_count", list(own.domain)))

    def _search(
        self,
        source: Source,
        domain: Sequence[Any],
        order: list[list[str]] | None,
        fields: Sequence[str],
        limit: int | None,
    ) -> Sequence[Row]:
        asked = ([*source.domain, *domain], 0, limit, order, list(fields))
        rows: Sequence[Row] = self.rpc.model(f"{source.model}.search_read", *asked, context=source.context)
        return rows


def beyond(after: Sequence[Any] | None, *, by_id: bool) -> Domain:
    """The domain of what comes after a place: by id, or by time of change and then id."""
    if not after:
        return []
    if by_id:
        return [["id", ">", after[0]]]
    when = wire(instant(after[0]))
    return [["OR", [["last_modified_at", ">", when]], [["last_modified_at", "=", when], ["id", ">", after[1]]]]]


def following(rows: Sequence[Row], *, by_id: bool) -> tuple[Any, ...]:
    """The place after the last of some rows."""
    return (rows[-1]["id"],) if by_id else stamp(rows[-1])


def stamp(row: Row) -> tuple[str, int]:
    """A row's place in the order of changes: its time of change and its id."""
    return (iso(moment(row["last_modified_at"]) or instant(BEGINNING)), row["id"])


def iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
