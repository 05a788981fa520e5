"""Which records a table holds and which of its columns is which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from connectors.folder.files import File
from connectors.folder.headings import file_words, letters, needed, synonyms
from connectors.folder.tables import Broken, Cells, Place, Table, table
from crm_ext.connector_api import PREFIX, FieldMap, NeedsAttention, Stream

TOP = 20
"""Rows among which the headings are looked for: some exports begin with a few lines about themselves."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the export: its file and sheet, what it holds, and where its columns and first row are."""

    file: File
    sheet: str
    stream: Stream
    place: Place
    header: tuple[str, ...] = ()
    columns: Mapping[str, int] = field(default_factory=dict)
    custom: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.file.name} [{self.sheet}]" if self.sheet else self.file.name

    @property
    def lacks(self) -> list[str]:
        """What the table would need and has not, one phrase for each."""
        groups = [group for group in needed(self.stream) if not any(name in self.columns for name in group)]
        return [f"column for {' or '.join(group)}" for group in groups]

    def rows(self, place: Place | None = None) -> Table:
        """The table, open at its first row or at a place."""
        return table(self.file, self.sheet, place or self.place, len(self.header))

    def heading(self, ours: str) -> str:
        return self.header[self.columns[ours]] if ours in self.columns else ours

    @property
    def unmapped(self) -> list[str]:
        used = {*self.columns.values(), *self.custom.values()}
        return [name for index, name in enumerate(self.header) if name and index not in used]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A table that holds none of the records we read."""

    name: str
    header: tuple[str, ...]


def recognised(file: File, sheet: str, mapping: FieldMap) -> Source | Unknown:
    """Find out by name and columns what a table holds. Raises NeedsAttention where the mapping names no column."""
    with table(file, sheet) as rows:
        top = []
        for line, cells in islice(rows, TOP):
            top.append((line, cells, rows.place))
    choices = [
        _source(Source(file, sheet, stream, place), [each.strip() for each in cells], mapping)
        for _, cells, place in top
        if not isinstance(cells, Broken)
        for stream in Stream
    ]
    best = max(choices, key=_score, default=None)
    if best is None or not (_named(best) or (_score(best) >= (2,) and not best.lacks)):
        first = next((cells for _, cells, _ in top if not isinstance(cells, Broken)), [])
        return Unknown(f"{file.name} [{sheet}]" if sheet else file.name, tuple(first))
    _check_mapping(best, mapping)
    return best


def _source(blank: Source, header: Cells, mapping: FieldMap) -> Source:
    """The table taken for one of the blank's stream, with these headings."""
    columns = matched(header, blank.stream, mapping.fields.get(blank.stream, {}))
    at = {name: index for index, name in reversed(list(enumerate(header)))}
    custom = {ours: at[theirs] for ours, theirs in mapping.custom.get(blank.stream, {}).items() if theirs in at}
    return replace(blank, header=tuple(header), columns=columns, custom=custom)


def matched(header: Sequence[str], stream: Stream, words: Mapping[str, str]) -> dict[str, int]:
    """Our fields → columns; `words` is the admin's word, which comes first. A column serves one field."""
    at: dict[str, int] = {}
    for index, name in enumerate(header):
        for form in _forms(name):
            at.setdefault(form, index)
    columns = {ours: at[letters(theirs)] for ours, theirs in words.items() if letters(theirs) in at}
    used = set(columns.values())
    for ours, listed in synonyms(stream).items():
        free = (at[each] for each in listed if each in at and at[each] not in used)
        found = None if ours in columns else next(free, None)
        if found is not None and not header[found].lower().startswith(PREFIX):
            columns[ours] = found
            used.add(found)
    return columns


def _forms(heading: str) -> list[str]:
    """A heading, and what it is without the object that some exports put before it (`Person - Name`)."""
    _, dash, rest = heading.partition(" - ")
    return [letters(heading), letters(rest)] if dash else [letters(heading)]


def _score(source: Source) -> tuple[int, int]:
    """Columns known, and what the name says; a table that lacks something needed is hardly the one."""
    distinct = sum(1 for ours in source.columns if ours not in COMMON)
    return distinct + (NAMED if _named(source) else 0) - 8 * len(source.lacks), -LIKELY.index(source.stream)


NAMED = 20
COMMON = {"owner", "owner_id", "updated_at", "created_at"}
LIKELY = (Stream.CONTACTS, Stream.COMPANIES, Stream.DEALS, Stream.ACTIVITIES, Stream.CASES, Stream.USERS)


def _named(source: Source) -> bool:
    """Whether the sheet's name, else the file's, tells this stream."""
    return (told_by(source.sheet) or told_by(source.file.path.stem)) is source.stream


def told_by(name: str) -> Stream | None:
    """The stream whose longest word stands in a name."""
    key = letters(name)
    found = [(len(word), stream) for stream in Stream for word in file_words(stream) if word in key]
    return max(found, key=lambda each: each[0])[1] if found else None


def _check_mapping(source: Source, mapping: FieldMap) -> None:
    known = set(map(letters, source.header))
    for ours, theirs in {**mapping.fields.get(source.stream, {}), **mapping.custom.get(source.stream, {})}.items():
        if letters(theirs) not in known:
            raise NeedsAttention(
                f"The mapping takes {source.stream} {ours} from the column {theirs!r}, which {source.name} has not.",
                fix=f"Its columns are: {', '.join(source.header)}.",
            )
