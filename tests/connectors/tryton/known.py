"""What stands in the Tryton of the tests, by model: ids count from 1 in the order of the lists."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm_ext.connector_api import Activity, Company, Contact, Deal, DealStatus, Record, Stream, User

Row = dict[str, Any]
COMPANY, EMPLOYEE, NORA, LIN, PAUL, WORKS, OLD, TWICE = range(1, 9)


def at(month: int, day: int, hour: int = 9, micro: int = 1) -> datetime:
    return datetime(2026, month, day, hour, 0, 0, micro, UTC)


def date(month: int, day: int) -> Row:
    return {"__class__": "date", "year": 2026, "month": month, "day": day}


def money(amount: str) -> Row:
    return {"__class__": "Decimal", "decimal": amount}


USERS: list[Row] = [
    {"login": "admin", "name": None, "email": "admin@example.com"},
    {"login": "rita", "name": "Rita Rep", "email": "rita@example.com", "employees": [1]},
    {"login": "gone", "name": "Gone Rep", "email": "gone@example.com", "active": False},
]
CURRENCIES: list[Row] = [{"name": "Euro", "code": "EUR", "symbol": "€"}]
PARTIES: list[Row] = [
    {"name": "Example Trading", "code": "P-1"},
    {"name": "Rita Rep", "code": "P-2"},
    {"name": "Clara Winslow", "code": "P-3"},
    {"name": "林海燕", "code": "P-4"},
    {"name": "Paul Ekström", "code": "P-5"},
    {"name": "Example Works", "code": "P-6"},
    {"name": "Otto Gone", "code": "P-7", "active": False},
    {"name": "Nora Whitfeld", "code": "P-8", "active": False, "replaced_by": NORA},
]
MECHANISMS: list[Row] = [
    {"party": NORA, "type": "email", "value": "nora@example.com"},
    {"party": NORA, "type": "phone", "value": "+44 1632 960001"},
    {"party": NORA, "type": "mobile", "value": "+44 7700 900001"},
    {"party": LIN, "type": "mobile", "value": "+86 10 5555 0102"},
    {"party": LIN, "type": "email", "value": "lin@example.com"},
    {"party": WORKS, "type": "website", "value": "https://www.works.example.com/en"},
]
RELATION_TYPES: list[Row] = [{"name": "Employee of"}, {"name": "Married to"}]
RELATIONS: list[Row] = [{"from_": NORA, "to": WORKS, "type": 1}, {"from_": LIN, "to": PAUL, "type": 2}]
OPPORTUNITIES: list[Row] = [
    {
        "party": NORA,
        "description": "Water filters",
        "amount": money("1234.50"),
        "employee": 1,
        "state": "opportunity",
        "start_date": date(3, 2),
        "end_date": None,
    },
    {
        "party": WORKS,
        "description": "Whole site",
        "amount": money("98000.00"),
        "employee": 1,
        "state": "won",
        "start_date": date(2, 1),
        "end_date": date(5, 20),
    },
    {
        "party": LIN,
        "description": "净水器两台",
        "amount": None,
        "employee": None,
        "state": "lost",
        "start_date": date(4, 3),
        "end_date": date(6, 1),
    },
]
NOTES: list[Row] = [
    {"resource": f"party.party,{NORA}", "message": "Called to say thanks; she asked what the filter costs."},
    {"resource": f"party.party,{LIN}", "message": "上门拜访，约好下周再来。\n她提到隔壁公司也想装。"},
    {"resource": "sale.opportunity,1", "message": "Sent the offer."},
    {"resource": f"party.party,{WORKS}", "message": "The plant manager wants a second source."},
]
TABLES = {
    "res.user": USERS,
    "currency.currency": CURRENCIES,
    "party.party": PARTIES,
    "party.contact_mechanism": MECHANISMS,
    "party.relation.type": RELATION_TYPES,
    "party.relation.all": RELATIONS,
    "sale.opportunity": OPPORTUNITIES,
    "ir.note": NOTES,
}


def stamps(model: str, id_: int) -> tuple[datetime, datetime | None]:
    """When a row was made and last written; a note never was."""
    written = None if model == "ir.note" and id_ != 1 else at(6, id_, micro=id_)
    return at(2, id_, hour=8, micro=id_), written


def moved(model: str, id_: int) -> datetime:
    made, written = stamps(model, id_)
    return written or made


def person(id_: int, **values: Any) -> Contact:
    row = PARTIES[id_ - 1]
    made, written = stamps("party.party", id_)
    custom = {"party_code": row["code"]}
    return Contact(id=str(id_), name=row["name"], created_at=made, updated_at=written, custom=custom, **values)


def note(id_: int, **values: Any) -> Activity:
    made, written = stamps("ir.note", id_)
    text = NOTES[id_ - 1]["message"]
    return Activity(id=str(id_), type="note", at=made, text=text, owner_id="1", updated_at=written or made, **values)


RECORDS: dict[Stream, list[Record]] = {
    Stream.USERS: [
        User(id="1", name="admin", email="admin@example.com"),
        User(id="2", name="Rita Rep", email="rita@example.com"),
        User(id="3", name="Gone Rep", email="gone@example.com", active=False),
    ],
    Stream.COMPANIES: [
        Company(id=str(WORKS), name="Example Works", domain="works.example.com", updated_at=moved("party.party", WORKS))
    ],
    Stream.CONTACTS: [
        person(COMPANY),
        person(EMPLOYEE),
        person(NORA, email="nora@example.com", phone="+44 1632 960001", company_id=str(WORKS)),
        person(LIN, email="lin@example.com", phone="+86 10 5555 0102"),
        person(PAUL),
    ],
    Stream.DEALS: [
        Deal(
            id="1",
            at=moved("sale.opportunity", 1),
            name="Water filters",
            stage="opportunity",
            amount=Decimal("1234.50"),
            currency="EUR",
            contact_ids=(str(NORA),),
            owner_id="2",
            opened_at=datetime(2026, 3, 2, tzinfo=UTC),
            updated_at=moved("sale.opportunity", 1),
        ),
        Deal(
            id="2",
            at=datetime(2026, 5, 20, tzinfo=UTC),
            status=DealStatus.WON,
            name="Whole site",
            stage="won",
            amount=Decimal("98000.00"),
            currency="EUR",
            company_id=str(WORKS),
            owner_id="2",
            opened_at=datetime(2026, 2, 1, tzinfo=UTC),
            updated_at=moved("sale.opportunity", 2),
        ),
        Deal(
            id="3",
            at=datetime(2026, 6, 1, tzinfo=UTC),
            status=DealStatus.LOST,
            name="净水器两台",
            stage="lost",
            currency="EUR",
            contact_ids=(str(LIN),),
            opened_at=datetime(2026, 4, 3, tzinfo=UTC),
            updated_at=moved("sale.opportunity", 3),
        ),
    ],
    Stream.ACTIVITIES: [
        note(1, contact_ids=(str(NORA),)),
        note(2, contact_ids=(str(LIN),)),
        note(3, contact_ids=(str(NORA),), deal_id="1"),
        note(4, company_id=str(WORKS)),
    ],
}
