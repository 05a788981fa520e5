"""Which models each stream is read from, and how their rows become changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.tryton import records, tags
from connectors.tryton.lookups import RELATIONS, Lookups
from connectors.tryton.pulling import Reader, Row, Source
from connectors.tryton.rpc import Rpc
from crm_ext.connector_api import Change, Deleted, FieldMap, Merged, Page, Stream

MODELS: Mapping[Stream, str] = {
    Stream.USERS: "res.user",
    Stream.COMPANIES: "party.party",
    Stream.CONTACTS: "party.party",
    Stream.DEALS: "sale.opportunity",
    Stream.ACTIVITIES: "ir.note",
}
PARTIES = Source("party.party", archives=True)
MECHANISMS = Source("party.contact_mechanism", ("party",), archives=True, later=True)
DEALS = Source("sale.opportunity")
NOTES = Source(
    "ir.note",
    domain=(
        ["OR", ["resource", "like", "party.party,%"], ["resource", "like", "sale.opportunity,%"]],
        ["message", "not like", f"{tags.MARK}%"],
    ),
)


def users(rpc: Rpc) -> Page:
    """All users in one page: there are few, and what they are called is needed for owners."""
    fields = list(records.FIELDS[Stream.USERS])
    asked = ([["id", ">", 0]], 0, None, [["id", "ASC"]], fields)
    rows = rpc.model("res.user.search_read", *asked, context={"active_test": False})
    return Page(changes=[records.user(row) for row in rows], total=len(rows), complete=True)


def readers(lookups: Lookups, mapping: FieldMap) -> Mapping[Stream, Callable[[], Reader]]:
    """The reader of each stream but users."""
    return {
        Stream.COMPANIES: lambda: companies(lookups, mapping),
        Stream.CONTACTS: lambda: contacts(lookups, mapping),
        Stream.DEALS: lambda: deals(lookups, mapping),
        Stream.ACTIVITIES: lambda: activities(lookups, mapping),
    }


def employments(lookups: Lookups, *keys: str, later: bool) -> tuple[Source, ...]:
    """Relations between people and companies, if this database has any."""
    types = lookups.employment
    return (Source(RELATIONS, keys, (["type", "in", types],), later=later, timed=False),) if types else ()


def companies(lookups: Lookups, mapping: FieldMap) -> Reader:
    """Parties that somebody works for: found through the relations."""
    mapped = records.mapped(mapping, Stream.COMPANIES)

    def changes(rows: Sequence[Row]) -> list[Change]:
        _, employers = lookups.employers([row["id"] for row in rows])
        found: list[Change] = [gone for row in rows if (gone := left(Stream.COMPANIES, row))]
        here = [row for row in rows if row["active"] and row["id"] in employers]
        return found + [mapped(records.company(row), row) for row in here]

    related = employments(lookups, "to", later=False)
    parties = Source(PARTIES.model, archives=True, later=True)
    mechanisms = (MECHANISMS, parties) if related else ()
    return Reader(
        Stream.COMPANIES, parties, (*related, *mechanisms), fields(mapping, Stream.COMPANIES), changes, counted=False
    )


def contacts(lookups: Lookups, mapping: FieldMap) -> Reader:
    """Parties that nobody works for."""
    mapped = records.mapped(mapping, Stream.CONTACTS)

    def changes(rows: Sequence[Row]) -> list[Change]:
        employer_of, employers = lookups.employers([row["id"] for row in rows])
        here = [row for row in rows if row["active"] and row["id"] not in employers]
        held = lookups.tags(here)
        found: list[Change] = [gone for row in rows if (gone := left(Stream.CONTACTS, row))]
        found += [Deleted(Stream.CONTACTS, str(row["id"])) for row in rows if row["id"] in employers]
        for row in here:
            record = records.contact(row, employer_of.get(row["id"]), None if held is None else held[row["id"]])
            found.append(mapped(record, row))
        return found

    sources = (PARTIES, MECHANISMS, *employments(lookups, "from_", "to", later=True))
    return Reader(Stream.CONTACTS, PARTIES, sources, fields(mapping, Stream.CONTACTS), changes)


def deals(lookups: Lookups, mapping: FieldMap) -> Reader:
    mapped = records.mapped(mapping, Stream.DEALS)

    def changes(rows: Sequence[Row]) -> list[Change]:
        _, employers = lookups.employers([row["party"] for row in rows if row["party"]])
        owners = lookups.owners if any(row["employee"] for row in rows) else {}
        return [mapped(records.deal(row, row["party"] in employers, owners.get(row["employee"])), row) for row in rows]

    return Reader(Stream.DEALS, DEALS, (DEALS,), fields(mapping, Stream.DEALS), changes)


def activities(lookups: Lookups, mapping: FieldMap) -> Reader:
    """Notes on parties, and on opportunities; our own notes are left out."""
    mapped = records.mapped(mapping, Stream.ACTIVITIES)

    def changes(rows: Sequence[Row]) -> list[Change]:
        about = {row["id"]: about_what(row["resource"]) for row in rows}
        party_of = lookups.parties_of_deals({id_ for model, id_ in about.values() if model == DEALS.model})
        parties = {row: id_ if model == PARTIES.model else party_of.get(id_) for row, (model, id_) in about.items()}
        _, employers = lookups.employers({each for each in parties.values() if each is not None})
        found: list[Change] = []
        for row in rows:
            party, (model, id_) = parties[row["id"]], about[row["id"]]
            record = records.activity(row, party, party in employers, id_ if model == DEALS.model else None)
            found.append(mapped(record, row))
        return found

    return Reader(Stream.ACTIVITIES, NOTES, (NOTES,), fields(mapping, Stream.ACTIVITIES), changes)


def fields(mapping: FieldMap, stream: Stream) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*records.FIELDS[stream], *records.added(mapping, stream))))


def left(stream: Stream, row: Row) -> Change | None:
    """What became of an archived party: merged into another, or hidden."""
    if row["active"]:
        return None
    id_, into = str(row["id"]), row["replaced_by"]
    return Merged(stream, id_, str(into)) if into else Deleted(stream, id_)


def about_what(resource: str) -> tuple[str, int]:
    model, _, id_ = resource.partition(",")
    return model, int(id_)
