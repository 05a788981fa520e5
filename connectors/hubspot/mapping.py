"""From HubSpot's rows to our records: one function a kind, the rest is tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.hubspot.kinds import BY_NAME, MERGED, ObjectKind, external
from connectors.hubspot.stages import Stages
from connectors.hubspot.touches import TOUCHES
from connectors.hubspot.values import Properties, moment, money, tags, truth
from crm_ext.connector_api import (
    Activity,
    Case,
    CaseKind,
    Change,
    Company,
    Contact,
    Deal,
    DealStatus,
    Direction,
    FieldMap,
    Kind,
    Merged,
    Record,
    plain,
)

Links = Mapping[str, tuple[str, ...]]
"""The ids that a row is associated with, by kind, the main one first."""

DIRECTIONS = frozenset(Direction)
COMPLAINTS = frozenset({"PRODUCT_ISSUE", "BILLING_ISSUE", "COMPLAINT", "complaint"})


@dataclass(frozen=True, slots=True)
class Row:
    """One HubSpot object: its id, properties, associated ids, and our fields with the admin's mapping applied."""

    kind: ObjectKind
    id: str
    properties: Properties
    links: Links
    ours: Mapping[str, str]
    custom: Mapping[str, str]
    updated: str | None

    @property
    def company(self) -> str | None:
        """The main company: the one that HubSpot names as such, else the first of the associated ones."""
        named, linked = self.properties.get("associatedcompanyid"), self.links.get("companies", ())
        return named if named in linked else next(iter(linked), named or None)

    @property
    def common(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "owner_id": self.ours.get("owner_id") or None,
            "updated_at": moment(self.updated),
            "custom": self.custom,
        }


class Mapper:
    """Makes records of rows, with an admin's mapping over our own tables."""

    def __init__(self, mapping: FieldMap, stages: Stages) -> None:
        self._mapping = mapping
        self.stages = stages

    def changes(self, kind: ObjectKind, row: Mapping[str, Any], links: Links) -> list[Change]:
        """The record that a row holds, and the records that were merged into it. Raises ValueError for a bad row."""
        read = self._row(kind, row, links)
        record = MAKERS.get(kind.name, activity)(self, read)
        merged = (read.properties.get(MERGED) or "").split(";")
        gone = [Merged(kind.stream, old.strip(), read.id) for old in merged if old.strip() and old.strip() != read.id]
        return [record, *gone]

    def properties(self, kind: ObjectKind) -> tuple[str, ...]:
        """All properties to ask for."""
        custom = self._mapping.custom.get(kind.stream, {})
        return tuple(dict.fromkeys([*kind.properties, *self._sources[kind.name].values(), *custom]))

    @cached_property
    def _sources(self) -> Mapping[str, Mapping[str, str]]:
        return {name: {**kind.fields, **self._mapping.fields.get(kind.stream, {})} for name, kind in BY_NAME.items()}

    def _row(self, kind: ObjectKind, row: Mapping[str, Any], links: Links) -> Row:
        properties: Properties = row["properties"]
        ours = {name: properties.get(theirs) or "" for name, theirs in self._sources[kind.name].items()}
        for name, values in self._mapping.values.get(kind.stream, {}).items():
            ours[name] = values.get(ours.get(name, ""), ours.get(name, ""))
        custom = {
            name: value
            for theirs, name in self._mapping.custom.get(kind.stream, {}).items()
            if (value := properties.get(theirs))
        }
        updated = properties.get(kind.modified) or row.get("updatedAt")
        return Row(kind, external(kind, str(row["id"])), properties, links, ours, custom, updated)


def contact(_: Mapper, row: Row) -> Record:
    names = [row.properties.get("firstname"), row.properties.get("lastname")]
    return Contact(
        **row.common,
        name=row.ours.get("name") or " ".join(filter(None, names)),
        title=row.ours["title"],
        email=row.ours["email"],
        phone=row.ours["phone"] or row.properties.get("mobilephone") or "",
        kind=Kind(row.ours["kind"]) if row.ours.get("kind") in set(Kind) else None,
        company_id=row.company,
        created_at=moment(row.ours["created_at"]),
        tags=tags(row.properties),
    )


def company(_: Mapper, row: Row) -> Record:
    return Company(**row.common, name=row.ours["name"], domain=row.ours["domain"], industry=row.ours["industry"])


def deal(mapper: Mapper, row: Row) -> Record:
    """A deal; a closed one counts from its close date, an open one from when it entered its stage."""
    opened = moment(row.ours["opened_at"])
    status = _status(mapper, row)
    moved = moment(row.properties.get("hs_v2_date_entered_current_stage"))
    closed = moment(row.properties.get("closedate")) if status is not DealStatus.OPEN else None
    at = closed or moved or opened
    if at is None:
        raise ValueError("the deal has neither a close date nor a create date")
    return Deal(
        **row.common,
        at=at,
        status=status,
        name=row.ours["name"],
        stage=mapper.stages.label("deals", row.ours["stage"]),
        amount=money(row.ours["amount"]),
        currency=row.ours["currency"],
        contact_ids=row.links.get("contacts", ()),
        company_id=row.company,
        opened_at=opened,
    )


def _status(mapper: Mapper, row: Row) -> DealStatus:
    """An admin's word, else HubSpot's own reckoning, else what the pipeline says of the stage."""
    if row.ours.get("status") in set(DealStatus):
        return DealStatus(row.ours["status"])
    won, lost = truth(row.properties.get("hs_is_closed_won")), truth(row.properties.get("hs_is_closed_lost"))
    if won is None and lost is None:
        return mapper.stages.status(row.ours["stage"])
    return DealStatus.WON if won else DealStatus.LOST if lost else DealStatus.OPEN


def case(mapper: Mapper, row: Row) -> Record:
    """A ticket: a complaint by its category, else a service request."""
    at, category = moment(row.ours["at"]), row.ours["kind"]
    if at is None:
        raise ValueError("the ticket has no create date")
    return Case(
        **row.common,
        at=at,
        kind=CaseKind.COMPLAINT if COMPLAINTS & set(category.split(";")) else CaseKind.SERVICE,
        subject=row.ours["subject"],
        text=plain(row.ours["text"]),
        status=mapper.stages.label("tickets", row.ours["status"]),
        closed_at=moment(row.ours["closed_at"]),
        contact_ids=row.links.get("contacts", ()),
        company_id=row.company,
    )


def activity(_: Mapper, row: Row) -> Record:
    """An activity of any kind, as its kind's function understands it."""
    direction = row.ours.get("direction", "")
    touch = TOUCHES[row.kind.name](row.properties, direction)
    at = moment(touch.at or row.ours["at"])
    if at is None:
        raise ValueError(f"the {row.kind.singular} has no hs_timestamp")
    return Activity(
        **{**row.common, "custom": {**touch.custom, **row.custom}},
        type=row.ours.get("type") or touch.type,
        at=at,
        direction=direction if direction in DIRECTIONS else touch.direction,
        subject=row.ours.get("subject", ""),
        text=plain(row.ours["text"] or touch.text),
        contact_ids=row.links.get("contacts", ()),
        company_id=row.company,
        deal_id=next(iter(row.links.get("deals", ())), None),
        automated=touch.automated,
    )


MAKERS: Mapping[str, Callable[[Mapper, Row], Record]] = {
    "contacts": contact,
    "companies": company,
    "deals": deal,
    "tickets": case,
}


def linked(main_types: Collection[str], found: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Ids of (id, association type) pairs, each once, in order, but those of a main type first."""
    if len(found) == 1:
        return (str(found[0][0]),)
    main = [each for each, name in found if name in main_types] if main_types else []
    return tuple(dict.fromkeys(str(each) for each in (*main, *(each for each, _ in found))))
