"""Made-up records of an Odoo: as many contacts as wanted, with companies, leads, orders, messages and meetings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
START = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - Odoo keeps times without zones
BASE: dict[str, list[Row]] = {
    "res.currency": [{"id": 1, "name": "EUR"}],
    "ir.model": [{"id": 80, "model": "res.partner", "name": "Contact"}],
    "crm.stage": [{"id": 1, "name": "New"}, {"id": 4, "name": "Won", "is_won": True}],
    "mail.message.subtype": [
        {"id": 1, "name": "Discussions"},
        {"id": 2, "name": "Note"},
        {"id": 3, "name": "Activities"},
    ],
    "mail.activity.type": [{"id": 1, "name": "Email"}, {"id": 2, "name": "Call"}, {"id": 3, "name": "Meeting"}],
    "project.task.type": [{"id": 1, "name": "In Progress"}],
}
USERS: list[Row] = [
    {"id": 2, "name": "Robot", "login": "robot@example.com", "email": "robot@example.com", "partner_id": 3},
    {"id": 5, "name": "Ruth Lind", "login": "ruth", "email": "ruth@example.com", "partner_id": 4},
]
COLLEAGUES: list[Row] = [
    {"id": 3, "name": "Robot", "type": "contact", "create_date": START},
    {"id": 4, "name": "Ruth Lind", "type": "contact", "create_date": START},
]
FIRST = 101
EACH = 5
"""Activities of each contact: three messages, a note and a meeting."""


def at(number: int) -> datetime:
    """Times of many rows: some to a second, as one transaction writes them, and with microseconds."""
    return START + timedelta(minutes=number // 7, microseconds=number)


def generated(contacts: int) -> dict[str, list[Row]]:
    """A database with one company for ten contacts, a lead for each fourth and an order for each fifth."""
    companies = [
        {
            "id": FIRST + number,
            "name": f"Works {number}",
            "is_company": True,
            "type": "contact",
            "create_date": at(number),
        }
        for number in range((contacts + 9) // 10)
    ]
    first = FIRST + len(companies)
    people = [
        {
            "id": first + number, "name": f"Person {number}", "email": f"person{number}@example.com", "type": "contact",
            "email_normalized": f"person{number}@example.com", "phone": f"+44 1632 {number:06d}", "user_id": 5,
            "parent_id": FIRST + number // 10, "function": "buyer", "create_date": at(number),
        }
        for number in range(contacts)
    ]  # fmt: skip
    return {
        **BASE,
        "res.users": USERS,
        "res.partner": [*COLLEAGUES, *companies, *people],
        "mail.message": [message(number, each["id"]) for number, each in messages(people)],
        "calendar.event": [meeting(number, each["id"]) for number, each in enumerate(people, 1)],
        "crm.lead": [lead(number, each["id"]) for number, each in enumerate(people[::4], 1)],
        "sale.order": [order(number, each["id"]) for number, each in enumerate(people[::5], 1)],
    }


def messages(people: list[Row]) -> list[tuple[int, Row]]:
    return [((EACH - 1) * place + each, person) for place, person in enumerate(people) for each in range(1, EACH)]


def message(number: int, partner: int) -> Row:
    note = number % 4 == 0
    return {
        "id": number, "model": "res.partner", "res_id": partner, "message_type": "comment" if note else "email",
        "subtype_id": 2 if note else 1, "author_id": partner if number % 2 else 4, "date": at(number),
        "subject": f"About filters {number}", "partner_ids": [],
        "body": f"<p>Thanks for the talk, number {number}.</p><p>Please give me a ring next week.</p>",
        "create_date": at(number),
    }  # fmt: skip


def meeting(number: int, partner: int) -> Row:
    start = at(number)
    return {
        "id": number, "name": f"Talk {number}", "start": start, "stop": start, "description": "<p>We met.</p>",
        "user_id": 5, "partner_ids": [4, partner], "create_date": start,
    }  # fmt: skip


def lead(number: int, partner: int) -> Row:
    return {
        "id": number, "name": f"Filters {number}", "partner_id": partner, "user_id": 5, "stage_id": 1,
        "probability": 20.0, "expected_revenue": 1250.5, "company_currency": 1, "won_status": "pending",
        "type": "opportunity", "create_date": at(number),
    }  # fmt: skip


def order(number: int, partner: int) -> Row:
    return {
        "id": number, "name": f"S{number:05d}", "partner_id": partner, "user_id": 5, "date_order": at(number),
        "amount_total": 99.9, "currency_id": 1, "state": "sale", "create_date": at(number),
    }  # fmt: skip
