"""Our columns written into a copy beside each contacts file, in one pass over the original."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from connectors.folder.annotated import Annotated, CsvSink, SheetSink, Sink, replaced
from connectors.folder.export import Export
from connectors.folder.files import annotated_path
from connectors.folder.layout import Source
from connectors.folder.lookup import Scratch
from connectors.folder.references import BadCells
from connectors.folder.tables import fitted
from crm_ext.connector_api import Outcome, Result, Row, Stream

GONE = "The contact is in no contacts file of the folder any more."


class Spool(Scratch):
    """The rows to write, on disk, and which of them were found in a file."""

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__(
            "CREATE TABLE rows (id TEXT PRIMARY KEY, vals TEXT) WITHOUT ROWID;"
            "CREATE TABLE found (id TEXT PRIMARY KEY) WITHOUT ROWID"
        )
        self.columns: dict[str, None] = {}
        self.filled = False
        self.db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", self._stored(rows))

    def _stored(self, rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
        for row in rows:
            self.filled = True
            self.columns |= dict.fromkeys(row.values)
            yield row.id, json.dumps(dict(row.values), ensure_ascii=False)

    def take(self, external_id: str) -> Mapping[str, str] | None:
        """What is to be written for a contact, which is noted as found; None if nothing is."""
        row = self.db.execute("SELECT vals FROM rows WHERE id = ?", (external_id,)).fetchone()
        if row is None:
            return None
        self.db.execute("INSERT OR IGNORE INTO found VALUES (?)", (external_id,))
        return dict(json.loads(row[0]))

    def results(self) -> Iterator[Result]:
        for external_id, found in self.db.execute(RESULTS):
            yield Result(external_id) if found else Result(external_id, Outcome.GONE, GONE)


RESULTS = "SELECT rows.id, found.id IS NOT NULL FROM rows LEFT JOIN found USING (id)"


def pushed(export: Export, rows: Iterable[Row]) -> Iterator[Result]:
    """Write all rows into the copies; once these are in place, say of each row what became of it."""
    with closing(Spool(rows)) as spool:
        if spool.filled:
            export.survey.look()
            for source in export.sources(Stream.CONTACTS):
                write(export, source, spool)
        yield from spool.results()


def write(export: Export, source: Source, spool: Spool) -> None:
    """Write one file's copy: its rows as they are, with our columns of this push or of the copy before."""
    before = export.annotated(source)
    names = tuple(dict.fromkeys((*spool.columns, *before.columns)))
    with replaced(annotated_path(source.file.path)) as scratch:
        sink = _sink(scratch, source)
        try:
            for cells, ours in _rows(export, source, spool, before, names):
                sink.write(cells, ours)
        finally:
            sink.close()
        export.unchanged([source])


def _sink(path: Path, source: Source) -> Sink:
    return SheetSink(path, source.sheet) if source.file.form.workbook else CsvSink(path, source.file.form)


def _rows(
    export: Export, source: Source, spool: Spool, before: Annotated, names: Sequence[str]
) -> Iterator[tuple[Sequence[Any], Sequence[str]]]:
    """The heading, then each row of the original with our values; one that is set aside when read is copied without."""
    identify, width = export.references.identity(source), len(source.header)
    yield source.header, names
    with source.rows() as rows:
        for cells, original in rows.originals():
            values: Mapping[str, str] = {}
            with suppress(BadCells):
                if fitted(cells, width):
                    external_id = identify(cells)
                    values = {**before.of(external_id), **(spool.take(external_id) or {})}
            yield original, [values.get(each, "") for each in names]
