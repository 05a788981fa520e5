"""Rows of Odoo as records in our words: people, companies, users, deals and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.odoo.lookups import Lookups
from connectors.odoo.server import Row
from connectors.odoo.values import external, host, label, moment, money, reference
from crm_ext.connector_api import Case, CaseKind, Company, Contact, Deal, DealStatus, Record, User, plain

WON = 100.0
LEADS = {"won": DealStatus.WON, "lost": DealStatus.LOST, "pending": DealStatus.OPEN}
"""crm.lead: won_status, from 19 on."""
ORDERS: Mapping[str, DealStatus] = {
    "draft": DealStatus.OPEN,
    "sent": DealStatus.OPEN,
    "sale": DealStatus.WON,
    "done": DealStatus.WON,
    "cancel": DealStatus.LOST,
}
"""sale.order: state."""
COMPLAINTS = ("complaint", "complain", "claim", "投诉", "reklamation", "réclamation", "queja")
"""Words in the type or the tags of a ticket that make it a complaint."""


def user(_: Lookups, row: Row) -> Record:
    return User(
        id=str(row["id"]),
        name=row["name"] or row["login"] or "",
        email=row["email"] or "",
        active=bool(row["active"]),
    )


def company(_: Lookups, row: Row) -> Record:
    return Company(
        id=str(row["id"]),
        name=row["name"] or "",
        domain=host(row.get("website") or ""),
        industry=label(row.get("industry_id")),
        owner_id=external(row["user_id"]),
        updated_at=moment(row["write_date"]),
    )


def contact(_: Lookups, row: Row) -> Record:
    return Contact(
        id=str(row["id"]),
        name=row["name"] or "",
        title=row.get("function") or "",
        email=row.get("email_normalized") or row["email"] or "",
        phone=row["phone"] or row.get("mobile") or "",
        company_id=external(row["parent_id"]),
        owner_id=external(row["user_id"]),
        created_at=moment(row["create_date"]),
        updated_at=moment(row["write_date"]),
    )


def lead(lookups: Lookups, row: Row) -> Record:
    """A lead or opportunity. Once orders were made of a won one, they are the purchase, and it is a stage only."""
    status = lead_status(row)
    closed = moment(row.get("date_closed")) if status is not DealStatus.OPEN else None
    people = lookups.people([each] if (each := lookups.partner_of("crm.lead", row["id"])) else [])
    return Deal(
        id=f"lead:{row['id']}",
        at=first(closed, moment(row.get("date_last_stage_update")), moment(row["create_date"])),
        status=DealStatus.OPEN if status is DealStatus.WON and row.get("order_ids") else status,
        name=row["name"] or "",
        stage=label(row["stage_id"]),
        amount=money(row.get("expected_revenue")),
        currency=label(row.get("company_currency")),
        contact_ids=people.contacts,
        company_id=people.company,
        owner_id=external(row["user_id"]),
        opened_at=moment(row["create_date"]),
        updated_at=moment(row["write_date"]),
    )


def lead_status(row: Row) -> DealStatus:
    """Won and lost as Odoo reckons: before 19 by the chance, which is 0 only for what was marked as lost."""
    if told := row.get("won_status"):
        return LEADS.get(told, DealStatus.OPEN)
    if not row["active"]:
        return DealStatus.LOST
    return DealStatus.WON if float(row["probability"] or 0) >= WON else DealStatus.OPEN


def shelved(row: Row) -> bool:
    """Whether a lead is archived without being lost: then it is out of sight."""
    lost = row.get("won_status") == "lost" or float(row["probability"] or 0) == 0
    return not row["active"] and not lost


def order(lookups: Lookups, row: Row) -> Record:
    people = lookups.people([each] if (each := reference(row["partner_id"])) else [])
    return Deal(
        id=f"order:{row['id']}",
        at=first(moment(row["date_order"]), moment(row["create_date"])),
        status=ORDERS.get(row["state"], DealStatus.OPEN),
        name=row["name"] or "",
        stage=row["state"] or "",
        amount=money(row["amount_total"]),
        currency=label(row["currency_id"]),
        contact_ids=people.contacts,
        company_id=people.company,
        owner_id=external(row["user_id"]),
        opened_at=moment(row["create_date"]),
        updated_at=moment(row["write_date"]),
    )


def ticket(lookups: Lookups, row: Row) -> Record:
    """A ticket of the Helpdesk app."""
    told = f"{label(row.get('ticket_type_id'))} {row['name']}"
    made = case(lookups, row, "ticket", told)
    return replace(made, closed_at=moment(row.get("close_date")), owner_id=external(row.get("user_id")))


def task(lookups: Lookups, row: Row) -> Record:
    """A task with a customer, where there is no Helpdesk app."""
    users = row.get("user_ids") or ()
    closed = moment(row.get("date_end")) if str(row.get("state") or "").startswith("1_") else None
    made = case(lookups, row, "task", row["name"] or "")
    return replace(made, closed_at=closed, owner_id=str(users[0]) if users else None)


def case(lookups: Lookups, row: Row, kind: str, told: str) -> Case:
    people = lookups.people([each] if (each := reference(row["partner_id"])) else [])
    complaint = any(word in told.lower() for word in COMPLAINTS)
    return Case(
        id=f"{kind}:{row['id']}",
        at=first(moment(row["create_date"])),
        kind=CaseKind.COMPLAINT if complaint else CaseKind.SERVICE,
        subject=row["name"] or "",
        text=plain(row.get("description") or ""),
        status=label(row["stage_id"]),
        contact_ids=people.contacts,
        company_id=people.company,
        updated_at=moment(row["write_date"]),
    )


def first(*times: Any) -> Any:
    """The first time that is there. Raises ValueError if there is none."""
    found = next((each for each in times if each), None)
    if found is None:
        raise ValueError("the record has no date")
    return found
