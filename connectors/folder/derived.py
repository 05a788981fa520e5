"""Companies and owners that have no table of their own: contacts name them, and that is all that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from connectors.folder.export import Export, whole_rows
from connectors.folder.layout import Source
from connectors.folder.lookup import Scratch
from connectors.folder.references import BadCells
from crm_ext.connector_api import Company, Record, Stream, User


def _user(said: str) -> User:
    return User(id=said, email=said.lower()) if "@" in said else User(id=said, name=said)


NAMED_BY: Mapping[Stream, tuple[str, Callable[[str], Record]]] = {
    Stream.COMPANIES: ("company", lambda said: Company(id=said, name=said)),
    Stream.USERS: ("owner", _user),
}
"""Stream → the contacts' column that names its records, and the record that a name makes."""


def naming(export: Export, stream: Stream) -> list[Source]:
    """The tables of contacts that name records of the stream."""
    column = NAMED_BY.get(stream, ("", None))[0]
    contacts = [each for each in export.survey.tables if isinstance(each, Source) and each.stream is Stream.CONTACTS]
    return [each for each in contacts if column in each.columns]


def derived(export: Export, stream: Stream) -> Iterator[Record]:
    """A record for each name that is in no table of the stream, once; named as the contacts name it."""
    column, make = NAMED_BY[stream]
    with closing(Scratch("CREATE TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID")) as seen:
        for source in naming(export, stream):
            read = export.references.one(source, stream, (column,))
            index = source.columns[column]
            for cells in whole_rows(source):
                said = cells[index].strip()
                fresh = said and seen.db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (said,)).rowcount
                if fresh and _stands_for_itself(read, cells, said):
                    yield make(said)


def _stands_for_itself(read: Callable[[list[str]], str | None], cells: list[str], said: str) -> bool:
    try:
        return read(cells) == said
    except BadCells:
        return False
