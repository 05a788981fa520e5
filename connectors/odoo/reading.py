"""Reading one model: all of it, or what changed since a mark; what was deleted or merged is found by counting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.odoo.lookups import PARTNER
from connectors.odoo.mapping import Mapper
from connectors.odoo.marks import Known, Progress
from connectors.odoo.server import Row, Server, Term
from connectors.odoo.sources import Source
from connectors.odoo.values import moment, wire
from crm_ext.connector_api import BadRow, Change, Deleted, Ids, Merged, batched

LISTED = 10_000
"""Rows of id and time that one request asks for when changes are looked for."""
SWEPT = 100_000
"""Ids that one request asks for when deletions are looked for."""
STAMP = ("write_date",)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some changes of one model and where to go on; `mark` comes with the last piece of a model that could be read."""

    model: str
    changes: Sequence[Change] = ()
    bad: Sequence[BadRow] = ()
    checkpoint: Mapping[str, Any] | None = None
    mark: Mapping[str, Any] | None = None


class Reading:
    """Reads one model for one stream. `look_back` is how many seconds a transaction may last."""

    def __init__(self, server: Server, mapper: Mapper, source: Source, size: int, look_back: int) -> None:
        self.server, self.mapper, self.source, self.size = server, mapper, source, size
        self.look_back = timedelta(seconds=look_back)
        self.fields = mapper.fields(source)

    def everything(self, checkpoint: Mapping[str, Any] | None) -> Iterator[Piece]:
        progress = Progress.load(checkpoint) if checkpoint else Progress()

        def fetch(beyond: Term, limit: int) -> list[Row]:
            rows = self._rows(beyond, limit=limit, archived=not self.source.hides)
            self._begin(progress)
            return rows

        for rows, last in self.server.walk(fetch, self.size, progress.after, gaps=self.source.gaps):
            changes, bad = self._taken(progress, rows)
            progress.after = rows[-1]["id"] if rows else progress.after
            yield Piece(self.source.model, changes, bad, progress.saved(), progress.dump() if last else None)

    def changed(self, mark: Mapping[str, Any], checkpoint: Mapping[str, Any] | None) -> Iterator[Piece]:
        """What was written since the mark and a while before it, without what is known as it stands.

        Odoo shows seconds of what it keeps in microseconds, and 18 compares the one, 19 the other: so whole seconds
        are asked for, in order of id, and the rows themselves only where their time of change is new to us.
        """
        old = Progress.load(mark)
        progress = Progress.load(checkpoint) if checkpoint else Progress(known=old.known)
        count = self._count()
        self._begin(progress)
        since = wire((moment(old.at) or self.server.now) - self.look_back)

        def fetch(beyond: Term, limit: int) -> list[Row]:
            domain = (*self.source.domain, ("write_date", ">=", since), beyond)
            return self.server.read(self.source.model, domain, STAMP, limit)

        for rows, _ in self.server.walk(fetch, LISTED, progress.after, gaps=self.source.gaps):
            new = [row["id"] for row in rows if not old.is_known(row)]
            for row in rows:
                if old.is_known(row):
                    progress.remember(row)
            for changes, bad in self._read(progress, new):
                yield Piece(self.source.model, changes, bad, progress.saved())
            progress.after = rows[-1]["id"] if rows else progress.after
        if count != len(progress.known):
            yield from self._swept(progress, since)
        yield Piece(self.source.model, mark=progress.dump())

    def named(self, ids: Sequence[int]) -> Iterator[Piece]:
        """Some rows as they stand now; those that Odoo does not give are gone."""
        for batch in batched(ids, self.size):
            rows = self._rows(("id", "in", batch))
            changes, bad = self.mapper.changes(self.source, rows)
            there = {row["id"] for row in rows}
            gone = [Deleted(self.source.stream, self.source.id(each)) for each in batch if each not in there]
            yield Piece(self.source.model, [*changes, *gone], bad)

    def _begin(self, progress: Progress) -> None:
        progress.begin(wire(self.server.now), wire(self.server.now - self.look_back))

    def _rows(self, term: Term, *, limit: int | None = None, archived: bool = True) -> list[Row]:
        return self.server.read(self.source.model, (*self.source.domain, term), self.fields, limit, archived=archived)

    def _count(self) -> int:
        return self.server.count(self.source.model, self.source.domain, archived=not self.source.hides)

    def _taken(self, progress: Progress, rows: list[Row]) -> tuple[list[Change], list[BadRow]]:
        progress.see(rows, self.source.counts)
        return self.mapper.changes(self.source, rows)

    def _read(self, progress: Progress, ids: Sequence[int]) -> Iterator[tuple[list[Change], list[BadRow]]]:
        for batch in batched(ids, self.size):
            yield self._taken(progress, self._rows(("id", "in", batch)))

    def _swept(self, progress: Progress, since: str) -> Iterator[Piece]:
        """Compare ids: told are those that are gone, and read those that came without being seen."""
        here, known = self._here(), progress.known.ids
        gone = [each for each in known if each not in here]
        new = [each for each in here if each not in known]
        progress.known = Known(str(here), len(here))
        yield Piece(self.source.model, self._gone(gone, here, since), (), progress.saved())
        for changes, bad in self._read(progress, new):
            yield Piece(self.source.model, changes, bad, progress.saved())

    def _here(self) -> Ids:
        """The ids of all rows that count."""
        source, found = self.source, Ids()

        def fetch(beyond: Term, limit: int) -> list[int]:
            return self.server.ids(source.model, (*source.domain, beyond), limit, archived=not source.hides)

        for ids, _ in self.server.walk(fetch, SWEPT, gaps=source.gaps):
            found.update(ids)
        return found

    def _gone(self, ids: Sequence[int], here: Ids, since: str) -> list[Change]:
        """What became of rows that are no longer there: merged into another, or deleted."""
        stream = self.source.stream
        merged = self.mapper.lookups.merged(ids, since) if ids and self.source.model == PARTNER else {}
        return [
            Merged(stream, str(each), str(merged[each])) if merged.get(each, 0) in here
            else Deleted(stream, self.source.id(each))
            for each in ids
        ]  # fmt: skip
