"""Pages of records out of the tables of one stream."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from connectors.folder.derived import derived, naming
from connectors.folder.export import Export
from connectors.folder.layout import Source
from connectors.folder.records import maker
from connectors.folder.references import BadCells
from connectors.folder.tables import Broken, Cells, Place, fitted
from crm_ext.connector_api import BadRow, Change, Cursor, Page, Part, Stream

Chunk = tuple[list[Change], list[BadRow], Place]


def pulled(export: Export, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
    """Every record of the stream if anything in its files has changed since, else none.

    A checkpoint of files that have changed meanwhile starts over. Raises RetryLater if they change under way.
    """
    export.survey.look()
    sources, named = export.sources(part.stream), naming(export, part.stream)
    mark = export.mark(part.stream, sources, named)
    if checkpoint is None and part.since == mark:
        yield Page(since=mark)
        return
    at = checkpoint if checkpoint and checkpoint.get("mark") == mark else {}
    total = sum(each.file.lines for each in sources) or None
    first = at.get("source", 0)
    for index, source in enumerate(sources[first:], first):
        resumed = at and index == first
        place = Place(at["line"], at["offset"]) if resumed else source.place
        for changes, bad, then in chunks(export, source, place):
            cursor = {"mark": mark, "source": index, "line": then.line, "offset": then.offset}
            yield Page(changes=changes, bad=bad, checkpoint=cursor, total=total)
    if named:
        yield from _derived(export, part.stream, {"mark": mark, "source": len(sources), "line": 0, "offset": 0})
    export.unchanged([*sources, *named, *export.others(part.stream, sources)])
    yield Page(since=mark, complete=bool(sources or named), total=total)


def _derived(export: Export, stream: Stream, cursor: Cursor) -> Iterator[Page]:
    """Pages of what contacts name and no table holds; a restart after one of them makes all of them again."""
    records = derived(export, stream)
    while changes := list(islice(records, export.settings["page_size"])):
        yield Page(changes=changes, checkpoint=cursor)


def chunks(export: Export, source: Source, place: Place) -> Iterator[Chunk]:
    """A table's records from a place on, a page at a time, with the rows set aside."""
    record, width, size = maker(export.reading(source)), len(source.header), export.settings["page_size"]
    changes: list[Change] = []
    bad: list[BadRow] = []
    with source.rows(place) as rows:
        for line, cells in rows:
            try:
                changes.append(record(_whole(cells, width)))
            except BadCells as error:
                bad.append(BadRow(source.stream, f"{source.name} line {line}", f"{error}.", _id(source, cells)))
            if len(changes) + len(bad) >= size:
                yield changes, bad, rows.place
                changes, bad = [], []
        yield changes, bad, rows.place


def _whole(cells: Cells | Broken, width: int) -> Cells:
    if isinstance(cells, Broken):
        raise BadCells(f"the row {cells.reason}")
    if not fitted(cells, width):
        raise BadCells(f"the row has {len(cells)} cells; expected {width} as in the heading")
    return cells


def _id(source: Source, cells: Cells | Broken) -> str | None:
    index = source.columns.get("id")
    if index is None or isinstance(cells, Broken) or index >= len(cells):
        return None
    return cells[index].strip() or None
