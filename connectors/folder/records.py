"""Rows made into records: a table of fields for each stream, compiled once for a table's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.folder import amounts, dates
from connectors.folder.headings import letters
from connectors.folder.layout import Source
from connectors.folder.references import BadCells, References
from connectors.folder.tables import Cells
from connectors.folder.values import CASE_KINDS, DIRECTIONS, IMPLIED, KINDS, MASS, STATUSES, TRUTH, TYPES, Words
from crm_ext.connector_api import (
    Activity,
    Case,
    CaseKind,
    Company,
    Contact,
    Deal,
    DealStatus,
    EventType,
    Kind,
    Record,
    Stream,
    User,
    plain,
)

Getter = Callable[[Cells], Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table's cells are read: its dates, amounts and references, the admin's words for values, its defaults."""

    source: Source
    moment: Callable[[str], datetime]
    amount: Callable[[str], tuple[Decimal, str]]
    references: References
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str = ""
    tags: Callable[[str], Mapping[str, str]] = lambda _: {}

    def cell(self, ours: str) -> Callable[[Cells], str]:
        """The text of our field's column; empty where there is no such column."""
        index = self.source.columns.get(ours)
        if index is None:
            return lambda _: ""
        return lambda cells: cells[index].strip()

    def has(self, *names: str) -> bool:
        return any(name in self.source.columns for name in names)


Converter = Callable[[Reading, str], Getter]


def text(reading: Reading, ours: str) -> Getter:
    return reading.cell(ours)


def prose(reading: Reading, ours: str) -> Getter:
    """The text of a note or mail, which some exports write as HTML."""
    cell = reading.cell(ours)
    return lambda cells: plain(found) if "<" in (found := cell(cells)) or "&" in found else found


def email(reading: Reading, ours: str) -> Getter:
    cell = reading.cell(ours)
    return lambda cells: cell(cells).lower()


def identity(reading: Reading, _: str) -> Getter:
    """The row's id, else its e-mail; activities and the like without an id column are named by their cells."""
    return reading.references.identity(reading.source)


def name(reading: Reading, _: str) -> Getter:
    """The name, put together from its parts where it has no column of its own; a Chinese family name stands first."""
    whole, first, last = map(reading.cell, ("name", "first_name", "last_name"))

    def read(cells: Cells) -> str:
        found = whole(cells)
        if found:
            return found
        given, family = first(cells), last(cells)
        return f"{family}{given}" if family and not family.isascii() else f"{given} {family}".strip()

    return read


def moment(reading: Reading, ours: str) -> Getter:
    """The time in a column, None where it is empty; one that is no time makes the row bad."""
    cell = reading.cell(ours)

    def read(cells: Cells) -> datetime | None:
        found = cell(cells)
        if not found:
            return None
        try:
            return reading.moment(found)
        except (dates.NotADate, OverflowError) as error:
            raise BadCells(f"column {reading.source.heading(ours)!r}: {error}") from error

    return read


def required(*names: str) -> Converter:
    """The first moment found in these columns; a row with none is bad."""

    def convert(reading: Reading, _: str) -> Getter:
        getters = [moment(reading, each) for each in names if reading.has(each)]
        headings = " or ".join(repr(reading.source.heading(each)) for each in names if reading.has(each))

        def read(cells: Cells) -> datetime:
            for getter in getters:
                found: datetime | None = getter(cells)
                if found is not None:
                    return found
            raise BadCells(f"no date: the column {headings} is empty; expected one like {dates.EXAMPLES}")

        return read

    return convert


def choice(words: Words, default: object, *, strict: bool = False) -> Converter:
    """One of our words, by the admin's table, then by ours; else the cell itself, or `default` if strict."""

    def convert(reading: Reading, ours: str) -> Getter:
        cell = reading.cell(ours)
        known = {**words, **{letters(theirs): word for theirs, word in reading.values.get(ours, {}).items()}}

        def read(cells: Cells) -> object:
            found = cell(cells)
            return known.get(letters(found), default if strict or not found else found) if found else default

        return read

    return convert


def enum(kind: type[Kind | CaseKind], words: Words, default: Kind | CaseKind | None) -> Converter:
    def convert(reading: Reading, ours: str) -> Getter:
        found = choice(words, default, strict=True)(reading, ours)

        def read(cells: Cells) -> Kind | CaseKind | None:
            value = found(cells)
            return None if value is None else kind(value)

        return read

    return convert


def case_kind(reading: Reading, ours: str) -> Getter:
    """What the column says; else a complaint if the file's name speaks of complaints."""
    complaints = any(word in letters(reading.source.name) for word in ("complaint", "投诉", "客诉"))
    return enum(CaseKind, CASE_KINDS, CaseKind.COMPLAINT if complaints else CaseKind.SERVICE)(reading, ours)


def truth(default: bool) -> Converter:
    def convert(reading: Reading, ours: str) -> Getter:
        cell = reading.cell(ours)
        return lambda cells: TRUTH.get(letters(cell(cells)), default)

    return convert


def automated(reading: Reading, ours: str) -> Getter:
    said, kind = truth(False)(reading, ours), reading.cell("type")
    return lambda cells: said(cells) or letters(kind(cells)) in MASS


def activity_type(reading: Reading, ours: str) -> Getter:
    """What the column says, else what the file's name says (`calls.csv`), else a note."""
    return choice(
        TYPES, TYPES.get(letters(reading.source.sheet or reading.source.file.path.stem).rstrip("s"), EventType.NOTE)
    )(reading, ours)


def direction(reading: Reading, ours: str) -> Getter:
    said, kind = choice(DIRECTIONS, None, strict=True)(reading, ours), reading.cell("type")

    def read(cells: Cells) -> str | None:
        found: str | None = said(cells)
        return found or IMPLIED.get(letters(kind(cells)))

    return read


def status(reading: Reading, ours: str) -> Getter:
    """Won, lost or open: by yes-or-no columns, then by the status, then by the stage."""
    won, lost = (truth(False)(reading, each) for each in ("won", "lost"))
    said, stage = (choice(STATUSES, None, strict=True)(reading, each) for each in (ours, "stage"))

    def read(cells: Cells) -> DealStatus:
        if won(cells):
            return DealStatus.WON
        if lost(cells):
            return DealStatus.LOST
        return DealStatus(said(cells) or stage(cells) or DealStatus.OPEN)

    return read


def deal_at(reading: Reading, _: str) -> Getter:
    """When the deal was won or lost, else when it last moved: the closing day of an open deal is only hoped for."""
    closed = required("won_at", "lost_at", "at", "updated_at", "opened_at")(reading, "")
    moving = required("updated_at", "opened_at", "at")(reading, "")
    state = status(reading, "status")
    return lambda cells: moving(cells) if state(cells) is DealStatus.OPEN else closed(cells)


def money(reading: Reading, ours: str) -> Getter:
    """The amount in a column, None where it is empty; one that is no amount makes the row bad."""
    cell = reading.cell(ours)

    def read(cells: Cells) -> Decimal | None:
        found = cell(cells)
        try:
            return reading.amount(found)[0] if found else None
        except amounts.NotAnAmount as error:
            raise BadCells(f"column {reading.source.heading(ours)!r}: {error}") from error

    return read


def currency(reading: Reading, ours: str) -> Getter:
    """What the column says, else the sign beside the amount, else the connection's setting."""
    cell, amount = reading.cell(ours), reading.cell("amount")

    def read(cells: Cells) -> str:
        said = cell(cells)
        if said:
            return amounts.currency(said) or said.upper()
        found = amount(cells)
        return (reading.amount(found)[1] if found else "") or reading.currency

    return read


def one(stream: Stream, *columns: str) -> Converter:
    return lambda reading, _: reading.references.one(reading.source, stream, columns)


def several(stream: Stream, *columns: str) -> Converter:
    return lambda reading, _: reading.references.several(reading.source, stream, columns)


def tags(reading: Reading, _: str) -> Getter:
    identify = reading.references.identity(reading.source)
    return lambda cells: reading.tags(identify(cells))


def custom(reading: Reading, _: str) -> Getter:
    """What stands in the columns that the mapping names besides; only filled ones."""
    columns = tuple(reading.source.custom.items())
    return lambda cells: {ours: cells[index].strip() for ours, index in columns if cells[index].strip()}


OWNER: Mapping[str, Converter] = {"owner_id": one(Stream.USERS, "owner_id", "owner"), "updated_at": moment}
COMPANY: Mapping[str, Converter] = {"company_id": one(Stream.COMPANIES, "company_id", "company")}
PEOPLE: Mapping[str, Converter] = {"contact_ids": several(Stream.CONTACTS, "contact_ids", "contact_emails", "contacts")}

FIELDS: Mapping[Stream, tuple[Callable[..., Record], Mapping[str, Converter]]] = {
    Stream.USERS: (User, {"id": identity, "name": name, "email": email, "active": truth(True)}),
    Stream.COMPANIES: (Company, {"id": identity, "name": name, "domain": text, "industry": text, **OWNER}),
    Stream.CONTACTS: (
        Contact,
        {
            "id": identity,
            "name": name,
            "title": text,
            "email": email,
            "phone": text,
            "kind": enum(Kind, KINDS, None),
            **COMPANY,
            "created_at": moment,
            **OWNER,
            "tags": tags,
        },
    ),
    Stream.DEALS: (
        Deal,
        {
            "id": identity,
            "at": deal_at,
            "status": status,
            "name": text,
            "stage": text,
            "amount": money,
            "currency": currency,
            **PEOPLE,
            **COMPANY,
            "opened_at": moment,
            **OWNER,
        },
    ),
    Stream.ACTIVITIES: (
        Activity,
        {
            "id": identity,
            "type": activity_type,
            "at": required("at"),
            "direction": direction,
            "subject": text,
            "text": prose,
            **PEOPLE,
            **COMPANY,
            "deal_id": one(Stream.DEALS, "deal_id", "deal"),
            "automated": automated,
            **OWNER,
        },
    ),
    Stream.CASES: (
        Case,
        {
            "id": identity,
            "at": required("at"),
            "kind": case_kind,
            "subject": text,
            "text": prose,
            "status": text,
            "closed_at": moment,
            **PEOPLE,
            **COMPANY,
            **OWNER,
        },
    ),
}
"""Of each stream: the record, and how each of its fields comes out of a row."""


def maker(reading: Reading) -> Callable[[Cells], Record]:
    """A function from a row's cells to its record; raises BadCells."""
    make, converters = FIELDS[reading.source.stream]
    getters = [(ours, convert(reading, ours)) for ours, convert in converters.items()]
    if reading.source.custom:
        getters.append(("custom", custom(reading, "")))
    return lambda cells: make(**{ours: getter(cells) for ours, getter in getters})
