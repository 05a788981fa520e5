"""Messages, planned activities and calendar events as activities: their kind, direction, and who took part."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.odoo.lookups import Lookups
from connectors.odoo.records import first
from connectors.odoo.server import Row
from connectors.odoo.values import external, label, moment, reference
from crm_ext.connector_api import Activity, Direction, EventType, Record, plain

DEALS = {"crm.lead": "lead", "sale.order": "order"}
"""Models whose messages belong to a deal, and how we name it."""
MAIL = frozenset({"email", "email_outgoing"})
AUTOMATED = frozenset({"auto_comment"})
NOTE = 2
"""The subtype that customers do not see; its number is the same in every database, its name is translated."""
WORDS: Mapping[str, EventType] = {
    "call": EventType.CALL,
    "phone": EventType.CALL,
    "电话": EventType.CALL,
    "通话": EventType.CALL,
    "mail": EventType.EMAIL,
    "邮件": EventType.EMAIL,
    "visit": EventType.VISIT,
    "拜访": EventType.VISIT,
    "gift": EventType.GIFT,
    "礼": EventType.GIFT,
    "training": EventType.TRAINING,
    "培训": EventType.TRAINING,
}
"""Words in the name of an activity type. A meeting that was done stands in the calendar, too, and counts there."""


def message(lookups: Lookups, row: Row) -> Record:
    """A message or note on a customer's record, or what is left of an activity that was done."""
    author = reference(row["author_id"])
    partner = lookups.partner_of(row["model"], row["res_id"])
    took_part = [each for each in (partner, author, *(row.get("partner_ids") or ())) if each]
    people = lookups.people(took_part)
    kind = message_type(row)
    deal = DEALS.get(row["model"])
    return Activity(
        id=f"message:{row['id']}",
        type=kind,
        at=first(moment(row["date"])),
        direction=direction(row, kind, lookups.ours),
        subject=row["subject"] or label(row.get("mail_activity_type_id")),
        text=plain(row["body"] or ""),
        contact_ids=people.contacts,
        company_id=people.company,
        deal_id=f"{deal}:{row['res_id']}" if deal else None,
        owner_id=lookups.ours.get(author) if author else None,
        automated=row["message_type"] in AUTOMATED,
        updated_at=moment(row["write_date"]),
    )


def message_type(row: Row) -> EventType:
    if row.get("mail_activity_type_id"):
        return activity_type(label(row["mail_activity_type_id"]))
    if reference(row["subtype_id"]) == NOTE:
        return EventType.NOTE
    return EventType.EMAIL if row["message_type"] in MAIL else EventType.MESSAGE


def activity_type(name: str) -> EventType:
    told = name.lower()
    return next((kind for word, kind in WORDS.items() if word in told), EventType.NOTE)


def direction(row: Row, kind: EventType, ours: Mapping[int, str]) -> Direction:
    """Notes are ours alone; else who wrote it decides, and where that is not known, mail came in unless it went out."""
    author = reference(row["author_id"])
    if kind is EventType.NOTE:
        return Direction.INTERNAL
    if row.get("mail_activity_type_id") or author in ours or row["message_type"] in {"email_outgoing", *AUTOMATED}:
        return Direction.OUTBOUND
    return Direction.INBOUND


def planned(lookups: Lookups, row: Row) -> Record:
    """A plan of ours. Once it is done, a message tells of it, and the plan is gone."""
    partner = lookups.partner_of(row["res_model"], row["res_id"])
    people = lookups.people([partner] if partner else [])
    deal = DEALS.get(row["res_model"])
    return Activity(
        id=f"activity:{row['id']}",
        type=EventType.NOTE,
        at=first(moment(row["date_deadline"]), moment(row["create_date"])),
        direction=Direction.INTERNAL,
        subject=row["summary"] or label(row["activity_type_id"]),
        text=plain(row["note"] or ""),
        contact_ids=people.contacts,
        company_id=people.company,
        deal_id=f"{deal}:{row['res_id']}" if deal else None,
        owner_id=external(row["user_id"]),
        updated_at=moment(row["write_date"]),
        custom={"status": "planned"},
    )


def meeting(lookups: Lookups, row: Row) -> Record:
    """An appointment with whoever was invited."""
    people = lookups.people(row["partner_ids"])
    return Activity(
        id=f"event:{row['id']}",
        type=EventType.MEETING,
        at=first(moment(row["start"])),
        direction=Direction.MUTUAL,
        subject=row["name"] or "",
        text=plain(row["description"] or ""),
        contact_ids=people.contacts,
        company_id=people.company,
        owner_id=external(row["user_id"]),
        updated_at=moment(row["write_date"]),
    )


def documents(rows: list[Row], model: str, id_: str) -> dict[str, list[int]]:
    """The records that messages or plans stand on, by model."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row[model], []).append(row[id_])
    return found
