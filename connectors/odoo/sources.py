"""Which models each stream is read from: their fields, which of their rows count, and what a row becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.odoo import records, touches
from connectors.odoo.lookups import USERS, Lookups
from connectors.odoo.server import Row, Term
from connectors.odoo.values import reference
from crm_ext.connector_api import Record, Stream

Seen = Callable[[Lookups, list[Row]], None]


def unseen(_: Lookups, __: list[Row]) -> None:
    """Nothing to learn, nothing to ask."""


@dataclass(frozen=True, slots=True)
class Source:
    """A model as a stream reads it.

    `domain` tells which rows concern the stream, whatever happens to them. Where the model `hides` archived rows,
    those are told as deleted, as are the ones that are `dropped`. `seen` learns from rows, and asks for what mapping
    them needs. `gaps`: Odoo takes out of a page what the user may not see when the page is counted already.
    An `optional` model may be missing or barred; then `instead` is read. `prefix` begins our ids where a stream has
    several models.
    """

    stream: Stream
    model: str
    fields: tuple[str, ...]
    record: Callable[[Lookups, Row], Record]
    domain: tuple[Term | str, ...] = ()
    prefix: str = ""
    seen: Seen = unseen
    hides: bool = True
    archived: Callable[[Row], bool] = lambda row: not row.get("active", True)
    dropped: Callable[[Lookups, Row], bool] = lambda _, __: False
    gaps: bool = False
    optional: bool = True
    instead: Source | None = field(default=None)

    def id(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def counts(self, row: Row) -> bool:
        """Whether Odoo counts a row among those of the stream."""
        return not (self.hides and self.archived(row))

    def shows(self, lookups: Lookups, row: Row) -> bool:
        """Whether a row is told as a record."""
        return self.counts(row) and not self.dropped(lookups, row)


def seen_partners(lookups: Lookups, rows: list[Row]) -> None:
    lookups.see_partners(rows)


def seen_users(lookups: Lookups, rows: list[Row]) -> None:
    lookups.see_users(rows)


def seen_documents(model: str) -> Seen:
    def seen(lookups: Lookups, rows: list[Row]) -> None:
        lookups.see_documents(model, rows)
        lookups.know_partners(lookups.partner_of(model, row["id"]) for row in rows)

    return seen


def seen_messages(lookups: Lookups, rows: list[Row]) -> None:
    lookups.know_documents(touches.documents(rows, "model", "res_id"))
    partners = {lookups.partner_of(row["model"], row["res_id"]) for row in rows}
    authors = {reference(row["author_id"]) for row in rows}
    lookups.know_partners(partners | authors | {each for row in rows for each in row.get("partner_ids") or ()})


def seen_plans(lookups: Lookups, rows: list[Row]) -> None:
    lookups.know_documents(touches.documents(rows, "res_model", "res_id"))
    lookups.know_partners({lookups.partner_of(row["res_model"], row["res_id"]) for row in rows})


def seen_meetings(lookups: Lookups, rows: list[Row]) -> None:
    lookups.know_partners({each for row in rows for each in row["partner_ids"]})


def colleague(lookups: Lookups, row: Row) -> bool:
    return row["id"] in lookups.ours


def done(row: Row) -> bool:
    """Whether a plan was carried out: Odoo 19 archives it then, an older one deletes it."""
    return bool(row["state"] == "done")


def shelved(_: Lookups, row: Row) -> bool:
    return records.shelved(row)


COMMON = ("active", "write_date", "create_date")
PARTNER = (*COMMON, "name", "email", "phone", "parent_id", "user_id", "is_company", "type")
NOISE = ("notification", "user_notification")
"""Messages that Odoo writes about itself; among them those of activities that were done, which do count."""
DOCUMENTS = ("res.partner", "crm.lead", "sale.order", "helpdesk.ticket", "project.task")
"""Records of customers, on which messages and plans stand."""

COMPANIES = Source(
    Stream.COMPANIES, "res.partner", (*PARTNER, "website", "industry_id"), records.company,
    domain=(("is_company", "=", True),), seen=seen_partners, optional=False,
)  # fmt: skip
CONTACTS = Source(
    Stream.CONTACTS, "res.partner", (*PARTNER, "email_normalized", "mobile", "function"), records.contact,
    domain=(("is_company", "=", False), ("type", "in", ["contact", False])), seen=seen_partners, dropped=colleague,
    optional=False,
)  # fmt: skip
LEADS = Source(
    Stream.DEALS, "crm.lead",
    (*COMMON, "name", "partner_id", "user_id", "stage_id", "probability", "expected_revenue", "company_currency",
     "date_closed", "date_last_stage_update", "won_status", "order_ids", "email_normalized"),
    records.lead, prefix="lead:", seen=seen_documents("crm.lead"), hides=False, dropped=shelved,
)  # fmt: skip
ORDERS = Source(
    Stream.DEALS, "sale.order",
    ("name", "partner_id", "user_id", "date_order", "amount_total", "currency_id", "state", "create_date",
     "write_date"),
    records.order, prefix="order:", seen=seen_documents("sale.order"), hides=False,
)  # fmt: skip
MESSAGES = Source(
    Stream.ACTIVITIES, "mail.message",
    ("date", "message_type", "subtype_id", "author_id", "subject", "body", "model", "res_id", "partner_ids",
     "mail_activity_type_id", "write_date"),
    touches.message,
    domain=(("model", "in", list(DOCUMENTS)), ("res_id", "!=", 0), "|", ("message_type", "not in", list(NOISE)),
            ("mail_activity_type_id", "!=", False)),
    prefix="message:", seen=seen_messages, hides=False, gaps=True,
)  # fmt: skip
PLANS = Source(
    Stream.ACTIVITIES, "mail.activity",
    ("res_model", "res_id", "activity_type_id", "summary", "note", "date_deadline", "user_id", "state",
     "create_date", "write_date"),
    touches.planned, domain=(("res_model", "in", list(DOCUMENTS)),), prefix="activity:", seen=seen_plans, archived=done,
    gaps=True,
)  # fmt: skip
EVENTS = Source(
    Stream.ACTIVITIES, "calendar.event",
    ("name", "start", "description", "partner_ids", "user_id", "active", "write_date"),
    touches.meeting, prefix="event:", seen=seen_meetings,
)  # fmt: skip
TASKS = Source(
    Stream.CASES, "project.task",
    (*COMMON, "name", "description", "partner_id", "user_ids", "stage_id", "state", "date_end"),
    records.task, domain=(("partner_id", "!=", False),), prefix="task:", seen=seen_documents("project.task"),
)  # fmt: skip
TICKETS = Source(
    Stream.CASES, "helpdesk.ticket",
    (*COMMON, "name", "description", "partner_id", "user_id", "stage_id", "ticket_type_id", "close_date"),
    records.ticket, prefix="ticket:", seen=seen_documents("helpdesk.ticket"), instead=TASKS,
)  # fmt: skip
PEOPLE = Source(
    Stream.USERS, USERS[0], ("name", "login", "email", "active", "partner_id", "write_date"), records.user,
    domain=USERS[1], seen=seen_users, optional=False, hides=False,
)  # fmt: skip

SOURCES: Mapping[Stream, Sequence[Source]] = {
    Stream.USERS: (PEOPLE,),
    Stream.COMPANIES: (COMPANIES,),
    Stream.CONTACTS: (CONTACTS,),
    Stream.DEALS: (LEADS, ORDERS),
    Stream.ACTIVITIES: (MESSAGES, PLANS, EVENTS),
    Stream.CASES: (TICKETS,),
}
EVERY: Mapping[str, Source] = {
    each.prefix.rstrip(":") or each.stream: each
    for each in (PEOPLE, COMPANIES, CONTACTS, LEADS, ORDERS, MESSAGES, PLANS, EVENTS, TICKETS, TASKS)
}
"""All sources by the first word of our ids, or by their stream."""
