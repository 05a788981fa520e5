"""Made-up accounts for the HubSpot double."""

from __future__ import annotations

from tests.doubles.hubspot_portal import Portal, iso, now_ms

DAY = 86_400_000
FIRST = ("Nora", "Ada", "Wei", "Jun", "Carla", "Tomas", "Mei", "Ruth")
LAST = ("Winslow", "Marsh", "Chen", "Lind", "Okafor", "Silva")
NOTES = (
    "<p>Asked what the water filter costs &amp; wants a call next week.</p>",
    "<div>客户说：“净水器很好用”，愿意介绍朋友。</div>",
    "Called to say thanks, no answer.",
    "<ul><li>Met at the seminar</li><li>Complained about the delivery</li></ul>",
)
ACTIVITIES = {
    "calls": lambda text, at: {
        "hs_call_title": "Call",
        "hs_call_body": text,
        "hs_call_direction": "OUTBOUND",
        "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    },
    "emails": lambda text, at: {
        "hs_email_subject": "Your question",
        "hs_email_html": text,
        "hs_email_direction": "INCOMING_EMAIL",
    },
    "meetings": lambda text, at: {
        "hs_meeting_title": "Visit",
        "hs_meeting_body": text,
        "hs_meeting_start_time": at,
        "hs_meeting_outcome": "COMPLETED",
    },
    "notes": lambda text, at: {"hs_note_body": text},
    "tasks": lambda text, at: {"hs_task_subject": "Call back", "hs_task_body": text, "hs_task_status": "NOT_STARTED"},
    "communications": lambda text, at: {"hs_communication_body": text, "hs_communication_channel_type": "WHATS_APP"},
}


def seeded(contacts: int, lag: float = 0.0, activities: int = 5) -> Portal:
    """An account with contacts, a company for four of them, a deal for three, a ticket for ten, and activities."""
    portal = Portal(lag)
    base = now_ms() - 90 * DAY
    for number in range(3):
        portal.owners.append(_owner(number))
    companies = [
        portal.add(
            "companies",
            {"name": f"Company {number} 有限公司", "domain": f"c{number}.example.com", "industry": "RETAIL"},
            base + number,
        ).id
        for number in range(max(1, contacts // 4))
    ]
    for number in range(contacts):
        _contact(portal, number, companies[number % len(companies)], base + 60_000 * number, activities)
    return portal


def _owner(number: int) -> dict:
    return {
        "id": str(501 + number),
        "email": f"rep{number}@example.com",
        "firstName": FIRST[number],
        "lastName": LAST[number],
        "type": "PERSON",
        "userId": 9000 + number,
        "createdAt": iso(now_ms() - 400 * DAY),
        "updatedAt": iso(now_ms() - 300 * DAY),
        "archived": number == 2,
    }


def _contact(portal: Portal, number: int, company: int, at: int, activities: int) -> None:
    owner = {"hubspot_owner_id": str(501 + number % 3)}
    person = {
        "firstname": FIRST[number % len(FIRST)],
        "lastname": f"{LAST[number % len(LAST)]} {number}",
        "jobtitle": "Teacher",
        "email": f"p{number}@example.com",
        "phone": f"+44 20 7946 {number % 10000:04d}",
    }
    contact = portal.add("contacts", person | owner, at).id
    portal.link("contacts", contact, "companies", company, primary=True)
    if number % 3 == 0:
        stage = ("appointmentscheduled", "closedwon", "closedlost")[number // 3 % 3]
        deal = {"dealname": f"Deal {number}", "dealstage": stage, "pipeline": "default", "amount": f"{number}.50"}
        deal |= {"deal_currency_code": "EUR", "closedate": iso(at + DAY)}
        _linked(portal, "deals", deal | owner, at, (contact, company, True))
    if number % 10 == 0:
        ticket = {"subject": "Leaks", "content": NOTES[3], "hs_pipeline": "0", "hs_pipeline_stage": "1"}
        ticket |= {"hs_ticket_category": "PRODUCT_ISSUE" if number % 20 else "GENERAL_INQUIRY"}
        _linked(portal, "tickets", ticket | owner, at, (contact, company, True))
    kinds = list(ACTIVITIES)
    for turn in range(activities):
        kind = kinds[(number + turn) % len(kinds)]
        when = iso(at + turn * DAY)
        text = NOTES[(number + turn) % len(NOTES)]
        body = ACTIVITIES[kind](text, when) | {"hs_timestamp": when} | owner
        _linked(portal, kind, body, at + turn, (contact, company, False))


def _linked(portal: Portal, kind: str, properties: dict, at: int, parties: tuple[int, int, bool]) -> None:
    contact, company, primary = parties
    thing = portal.add(kind, properties, at)
    portal.link(kind, thing.id, "contacts", contact)
    portal.link(kind, thing.id, "companies", company, primary=primary)
