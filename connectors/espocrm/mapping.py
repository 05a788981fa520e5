"""From EspoCRM's rows to our records: one function an entity, the rest is tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.espocrm.addresses import AddressBook, receivers, sender
from connectors.espocrm.kinds import BY_NAME, CONTACTS, LEADS, MODIFIED, PEOPLE, EntityKind, external
from connectors.espocrm.ours import ATTRIBUTES, tags
from connectors.espocrm.stages import Stages
from connectors.espocrm.touches import TOUCHES
from connectors.espocrm.values import domain, moment, money, text
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
    User,
    plain,
)

Raw = Mapping[str, Any]
OWNS = frozenset(Direction)
COMPLAINTS = frozenset({"Problem", "Incident", "Complaint"})
CLOSED = frozenset({"Closed", "Rejected", "Duplicate"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: our id, EspoCRM's attributes, and our fields with the admin's mapping applied."""

    kind: EntityKind
    id: str
    raw: Raw
    ours: Mapping[str, str]
    custom: Mapping[str, str]

    @property
    def common(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "owner_id": self.ours.get("owner_id") or None,
            "updated_at": moment(self.raw.get(MODIFIED)),
            "custom": self.custom,
        }

    def parent(self, entity: str) -> str | None:
        """The id of the parent, if it is such an entity."""
        return self.raw.get("parentId") if self.raw.get("parentType") == entity else None


class Mapper:
    """Makes records of rows, with an admin's mapping over our own tables."""

    def __init__(self, mapping: FieldMap, stages: Stages, book: AddressBook) -> None:
        self._mapping = mapping
        self.stages = stages
        self.book = book

    def change(self, kind: EntityKind, row: Raw) -> Change:
        """The record that a row holds; a lead that became a contact lives on there. Raises ValueError for a bad row."""
        if kind is LEADS and (into := row.get("createdContactId")):
            return Merged(kind.stream, external(kind, str(row["id"])), str(into))
        return MAKERS.get(kind.name, activity)(self, self._row(kind, row))

    def attributes(self, kind: EntityKind) -> tuple[str, ...]:
        """All attributes to ask for; names that this EspoCRM does not have are ignored by it."""
        own = ATTRIBUTES if kind in PEOPLE else ()
        custom = self._mapping.custom.get(kind.stream, {})
        return tuple(dict.fromkeys([*kind.attributes, *self._sources[kind.name].values(), *own, *custom]))

    @cached_property
    def _sources(self) -> Mapping[str, Mapping[str, str]]:
        return {name: {**kind.fields, **self._mapping.fields.get(kind.stream, {})} for name, kind in BY_NAME.items()}

    def _row(self, kind: EntityKind, row: Raw) -> Row:
        ours = {name: text(row.get(theirs)) for name, theirs in self._sources[kind.name].items()}
        for name, values in self._mapping.values.get(kind.stream, {}).items():
            ours[name] = values.get(ours.get(name, ""), ours.get(name, ""))
        custom = {
            name: value
            for theirs, name in self._mapping.custom.get(kind.stream, {}).items()
            if (value := text(row.get(theirs)))
        }
        return Row(kind, external(kind, str(row["id"])), row, ours, custom)


def user(_: Mapper, row: Row) -> Record:
    name = row.ours["name"] or row.raw.get("userName") or ""
    return User(id=row.id, name=name, email=row.ours["email"], active=row.ours["active"] != "false")


def company(_: Mapper, row: Row) -> Record:
    return Company(
        **row.common, name=row.ours["name"], industry=row.ours["industry"], domain=domain(row.ours["domain"])
    )


def contact(_: Mapper, row: Row) -> Record:
    names = [row.raw.get("firstName"), row.raw.get("lastName")]
    return Contact(
        **row.common,
        name=row.ours["name"] or " ".join(filter(None, names)),
        title=row.ours["title"],
        email=row.ours["email"],
        phone=row.ours["phone"],
        kind=Kind(row.ours["kind"]) if row.ours.get("kind") in set(Kind) else None,
        company_id=row.ours["company_id"] or None,
        created_at=moment(row.ours["created_at"]),
        tags=tags(row.raw),
    )


def deal(mapper: Mapper, row: Row) -> Record:
    """A deal; a closed one counts from its close date, unless that lies after its last change, as expected ones do."""
    moved, opened = moment(row.raw.get(MODIFIED)), moment(row.ours["opened_at"])
    status = row.ours.get("status", "")
    found = DealStatus(status) if status in set(DealStatus) else mapper.stages.status(row.ours["stage"])
    closed = moment(row.raw.get("closeDate")) if found is not DealStatus.OPEN else None
    at = min(closed, moved) if closed and moved else closed or moved or opened
    if at is None:
        raise ValueError("the opportunity has neither a close date nor a time of change")
    return Deal(
        **row.common,
        at=at,
        status=found,
        name=row.ours["name"],
        stage=row.ours["stage"],
        amount=money(row.ours["amount"]),
        currency=row.ours["currency"],
        contact_ids=_people(row),
        company_id=row.raw.get("accountId") or None,
        opened_at=opened,
    )


def case(_: Mapper, row: Row) -> Record:
    """A case: a complaint by its type, else a service request. EspoCRM keeps no time of closing but the last change."""
    at, status = moment(row.ours["at"]), row.ours["status"]
    if at is None:
        raise ValueError("the case has no time of creation")
    return Case(
        **row.common,
        at=at,
        kind=CaseKind.COMPLAINT if row.ours["kind"] in COMPLAINTS | {CaseKind.COMPLAINT} else CaseKind.SERVICE,
        subject=row.ours["subject"],
        text=plain(row.ours["text"]),
        status=status,
        closed_at=moment(row.raw.get(MODIFIED)) if status in CLOSED else None,
        contact_ids=_people(row),
        company_id=row.raw.get("accountId") or None,
    )


def activity(mapper: Mapper, row: Row) -> Record:
    """An activity of any kind, as its entity's function understands it."""
    senders = mapper.book.people(sender(row.raw))
    touch = TOUCHES[row.kind.name](row.raw, senders)
    at = moment(touch.at or row.ours["at"] or row.raw.get("createdAt"))
    if at is None:
        raise ValueError(f"the {row.kind.name} has no time")
    direction = row.ours.get("direction", "")
    by_mail = [*senders, *(each for address in receivers(row.raw) for each in mapper.book.people(address))]
    return Activity(
        **{**row.common, "custom": {**touch.custom, **row.custom}},
        type=row.ours.get("type") or touch.type,
        at=at,
        direction=direction if direction in OWNS else touch.direction,
        subject=row.ours.get("subject", ""),
        text=plain(row.ours["text"] or touch.text),
        contact_ids=_people(row, by_mail),
        company_id=row.raw.get("accountId") or row.parent("Account"),
        deal_id=row.parent("Opportunity"),
        automated=touch.automated,
    )


def _people(row: Row, more: Sequence[str] = ()) -> tuple[str, ...]:
    """The contacts and leads that a row is about: the main one, those that take part, the parent, and some more."""
    raw = row.raw
    contacts = [raw.get("contactId"), *(raw.get("contactsIds") or ()), row.parent(CONTACTS.name)]
    leads = [raw.get("leadId"), *(raw.get("leadsIds") or ()), row.parent(LEADS.name)]
    ids = [*filter(None, contacts), *(external(LEADS, each) for each in leads if each), *more]
    return tuple(dict.fromkeys(ids))


MAKERS: Mapping[str, Callable[[Mapper, Row], Record]] = {
    "User": user,
    "Account": company,
    "Contact": contact,
    "Lead": contact,
    "Opportunity": deal,
    "Case": case,
}
