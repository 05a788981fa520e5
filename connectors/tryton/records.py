"""Rows of Tryton as records in our words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from connectors.tryton.rpc import day, moment, money, text
from crm_ext.connector_api import (
    Activity,
    Company,
    Contact,
    Deal,
    DealStatus,
    FieldMap,
    Record,
    Stream,
    User,
    instant,
)

Row = Mapping[str, Any]
EPOCH = instant("1970-01-01")

FIELDS: Mapping[Stream, tuple[str, ...]] = {
    Stream.USERS: ("name", "login", "email", "active", "employees"),
    Stream.COMPANIES: ("name", "website", "active", "replaced_by", "last_modified_at"),
    Stream.CONTACTS: (
        "name", "email", "phone", "mobile", "active", "replaced_by", "categories", "create_date", "last_modified_at",
    ),
    Stream.DEALS: (
        "number", "description", "party", "state", "amount", "currency.code", "employee", "start_date", "end_date",
        "last_modified_at",
    ),
    Stream.ACTIVITIES: ("resource", "message", "create_date", "create_uid", "last_modified_at"),
}  # fmt: skip

STATUSES: Mapping[str, DealStatus] = {
    "lead": DealStatus.OPEN,
    "opportunity": DealStatus.OPEN,
    "converted": DealStatus.OPEN,
    "won": DealStatus.WON,
    "lost": DealStatus.LOST,
    "cancelled": DealStatus.LOST,
}
"""sale.opportunity: state. `converted` means that a quotation was made; whether it is accepted shows later."""


def user(row: Row) -> User:
    return User(
        id=str(row["id"]),
        name=row["name"] or row["login"],
        email=row["email"] or "",
        active=bool(row["active"]),
    )


def company(row: Row) -> Company:
    return Company(
        id=str(row["id"]),
        name=row["name"] or "",
        domain=host(row["website"] or ""),
        updated_at=moment(row["last_modified_at"]),
    )


def contact(row: Row, employer: int | None, tags: Mapping[str, str] | None) -> Contact:
    return Contact(
        id=str(row["id"]),
        name=row["name"] or "",
        email=row["email"] or "",
        phone=row["phone"] or row["mobile"] or "",
        company_id=None if employer is None else str(employer),
        created_at=moment(row["create_date"]),
        updated_at=moment(row["last_modified_at"]),
        tags=tags,
    )


def deal(row: Row, is_company: bool, owner: str | None) -> Deal:
    moved = moment(row["last_modified_at"]) or EPOCH
    status = STATUSES.get(row["state"], DealStatus.OPEN)
    party = () if row["party"] is None else (str(row["party"]),)
    return Deal(
        id=str(row["id"]),
        at=moved if status is DealStatus.OPEN else day(row["end_date"]) or moved,
        status=status,
        name=row["description"] or row["number"] or "",
        stage=row["state"],
        amount=money(row["amount"]),
        currency=(row["currency."] or {}).get("code") or "",
        contact_ids=() if is_company else party,
        company_id=party[0] if is_company and party else None,
        owner_id=owner,
        opened_at=day(row["start_date"]),
        updated_at=moved,
    )


def activity(row: Row, party: int | None, is_company: bool, deal_id: int | None) -> Activity:
    named = () if party is None else (str(party),)
    return Activity(
        id=str(row["id"]),
        type="note",
        at=moment(row["create_date"]) or EPOCH,
        text=row["message"] or "",
        contact_ids=() if is_company else named,
        company_id=named[0] if is_company and named else None,
        deal_id=None if deal_id is None else str(deal_id),
        owner_id=None if row["create_uid"] is None else str(row["create_uid"]),
        updated_at=moment(row["last_modified_at"]),
    )


def host(address: str) -> str:
    """The host of a web address, with or without a scheme, without `www.`."""
    return (urlsplit(address if "//" in address else f"//{address}").hostname or "").removeprefix("www.")


def added(mapping: FieldMap, stream: Stream) -> tuple[str, ...]:
    """The fields that an admin's mapping adds to a stream's own."""
    return (*mapping.fields.get(stream, {}).values(), *mapping.custom.get(stream, {}).values())


def mapped(mapping: FieldMap, stream: Stream) -> Callable[[Any, Row], Any]:
    """What the admin's mapping makes of a record: text fields from other fields, values by table, custom fields."""
    own, custom = mapping.fields.get(stream, {}), mapping.custom.get(stream, {})
    tables = mapping.values.get(stream, {})

    def change(record: Record, row: Row) -> Record:
        values: dict[str, Any] = {ours: text(named(row, theirs)) for ours, theirs in own.items()}
        values |= {
            ours: table.get(values.get(ours, getattr(record, ours)), getattr(record, ours))
            for ours, table in tables.items()
        }
        if custom:
            values["custom"] = {ours: text(named(row, theirs)) for ours, theirs in custom.items()}
        return replace(record, **values) if values else record

    return change


def named(row: Row, name: str) -> Any:
    """A field of a row, also over a reference: "lang.code"."""
    head, _, tail = name.partition(".")
    return row.get(head) if not tail else (row.get(f"{head}.") or {}).get(tail)
