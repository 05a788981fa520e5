"""A made-up Tryton database of any size, the same for the same size: people, some in companies, notes, deals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

FIRST = ("Nora", "Paul", "Ingrid", "Tomás", "海燕", "建国", "Amara", "Yusuf", "Lena", "志远")
LAST = ("Winslow", "Ekström", "Okafor", "Silva", "林", "王", "Novak", "Haddad", "Berg", "陈")
NOTES = (
    "Called to say thanks; she asked what the water filter costs and wants to hear from us next week.",
    "上门拜访，客户详细介绍了厂里的用水情况，约好下周再来。",
    "Met at the fair. He introduced his colleague, who needs two units for the new site.",
    "客户来电投诉送货晚了两天，语气不太高兴，已答应今天给答复。",
    "Long lunch together; talked about the children's schools and about next year's budget.",
    "Left a message, no answer so far.",
    "客户第三次订货，还主动把我们介绍给隔壁的公司。",
)
STATES = ("lead", "opportunity", "converted", "won", "lost")
BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SPREAD = 300 * 24 * 3600
CLOSED = ("won", "lost")


def generated(contacts: int) -> dict[str, list[dict[str, Any]]]:
    """Rows by model: `contacts` people, a company for every fifty, two notes each, an opportunity for every third."""
    companies = contacts // 50
    people = range(1, contacts + 1)
    return {
        "res.user": [row(1, 0, name=None, login="admin", email="admin@example.com", employees=[])],
        "currency.currency": [row(1, 0, name="Euro", code="EUR")],
        "party.relation.type": [row(1, 0, name="Employee of"), row(2, 0, name="Employs")],
        "party.party": [
            *(row(each, each, name=f"{LAST[each // 7 % 10]} {FIRST[each % 10]}") for each in people),
            *(row(contacts + each, each, name=f"Example Works {each}") for each in range(1, companies + 1)),
        ],
        "party.contact_mechanism": [
            row(each, each, party=each, type="email", value=f"person{each}@example.com") for each in people
        ],
        "party.relation.all": [
            row(2 * each, each, from_=each, to=contacts + each, type=1, active=True) for each in range(1, companies + 1)
        ],
        "ir.note": [
            row(
                turn * contacts + each,
                7 * each + turn,
                resource=f"party.party,{each}",
                message=NOTES[(each + turn) % 7],
            )
            for turn in (0, 1)
            for each in people
        ],
        "sale.opportunity": [opportunity(each, party) for each, party in enumerate(people[::3], start=1)],
    }


def row(id_: int, turn: int, **values: Any) -> dict[str, Any]:
    at = BEGIN + timedelta(seconds=turn * 7919 % SPREAD, microseconds=id_ % 1_000_000)
    return {"id": id_, "create_uid": 1, "create_date": at, "write_date": None, **values}


def opportunity(id_: int, party: int) -> Mapping[str, Any] | Any:
    state = STATES[id_ % len(STATES)]
    begun = BEGIN + timedelta(days=id_ % 200)
    return row(
        id_,
        3 * id_,
        number=str(id_),
        description=f"Water filters {id_}",
        party=party,
        state=state,
        amount={"__class__": "Decimal", "decimal": f"{100 + id_ % 900}.50"},
        currency=1,
        employee=None,
        start_date=date(begun),
        end_date=date(begun + timedelta(days=30)) if state in CLOSED else None,
    )


def date(value: datetime) -> dict[str, Any]:
    return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
