"""The HubSpot account of the contract tests, and what must be pulled from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from connectors.hubspot import HubSpot
from crm_ext.connector_api import (
    TAG_KINDS,
    Activity,
    CaseKind,
    Company,
    Contact,
    Deal,
    DealStatus,
    FieldMap,
    Kind,
    Stream,
    User,
)
from crm_ext.connector_api import (
    Case as Ticket,
)
from crm_ext.connector_api.testing.case import Case
from crm_ext.connector_api.testing.faults import Fault
from tests.doubles.hubspot_portal import Portal, iso, modified_name

TOKEN = "pat-na1-secret"
START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
T0 = round(START.timestamp() * 1000)
DAY = 86_400_000
EXTRA = {"contacts": "favourite_colour", "companies": "industry", "deals": "pipeline", "tickets": "hs_pipeline"}
NOTE = "<p>客户说：<b>“净水器很好用”</b></p><p>Wants a call &amp; a leaflet.</p>"
COMMON = {"hubspot_owner_id": "501"}


def at(days: float) -> datetime:
    return datetime.fromtimestamp((T0 + days * DAY) / 1000, UTC)


def known_state() -> Portal:
    """Three contacts, two companies, deals of each status, tickets, and one activity of each kind and more."""
    portal = Portal()
    portal.most = 2
    portal.owners = [owner(501, "Ruth", "Lind", False), owner(502, "Tomas", "", True)]
    company = {"name": "Blue Well 蓝井", "domain": "bluewell.example.com", "industry": "RETAIL"} | COMMON
    portal.add("companies", company, T0, 21)
    portal.add("companies", {"name": "Second"}, T0, 22)
    portal.add("companies", {"name": "Third"}, T0 + 1, 23)
    person = {"firstname": "Clara", "lastname": "Winslow", "jobtitle": "Teacher", "email": "clara@example.com"}
    more = {
        "phone": "+44 20 7946 0001",
        "createdate": iso(T0 - DAY),
        "lifecyclestage": "customer",
        "favourite_colour": "blue",
    }
    portal.add("contacts", person | more | COMMON, T0, 11)
    portal.add("contacts", {"firstname": "伟", "lastname": "陈", "mobilephone": "+86 10 0000"}, T0 + 5, 12)
    portal.add("contacts", {"email": "only@example.com"}, T0 + 5, 13)
    portal.link("contacts", 11, "companies", 22)
    portal.link("contacts", 11, "companies", 21, primary=True)
    add_deals(portal)
    add_tickets(portal)
    add_activities(portal)
    return portal


def owner(number: int, first: str, last: str, archived: bool) -> dict:
    dated = {"createdAt": iso(T0), "updatedAt": iso(T0)}
    names = {"firstName": first, "lastName": last, "email": f"{first.lower()}@example.com"}
    return {"id": str(number), "type": "PERSON", "userId": number, "archived": archived} | names | dated


def add_deals(portal: Portal) -> None:
    won = {"dealname": "Filters", "dealstage": "closedwon", "amount": "1250.50", "deal_currency_code": "EUR"}
    portal.add(
        "deals",
        won | {"closedate": iso(T0 + 3 * DAY), "createdate": iso(T0 - DAY), "pipeline": "default"} | COMMON,
        T0,
        31,
    )
    portal.add("deals", {"dealname": "Lost one", "dealstage": "closedlost", "closedate": iso(T0 + DAY)}, T0, 32)
    open_one = {"dealname": "Open one", "dealstage": "appointmentscheduled", "closedate": iso(T0 + 99 * DAY)}
    portal.add("deals", open_one | {"hs_v2_date_entered_current_stage": iso(T0 + 2 * DAY)}, T0, 33)
    portal.link("deals", 31, "contacts", 11)
    portal.link("deals", 31, "contacts", 12)
    portal.link("deals", 31, "companies", 21, primary=True)


def add_tickets(portal: Portal) -> None:
    complaint = {"subject": "Leaks", "content": "<p>It leaks</p>", "hs_pipeline_stage": "4", "hs_pipeline": "0"}
    complaint |= {"hs_ticket_category": "PRODUCT_ISSUE", "closed_date": iso(T0 + 4 * DAY)}
    portal.add("tickets", complaint | COMMON, T0, 41)
    portal.add("tickets", {"subject": "Where is it", "hs_pipeline_stage": "1"}, T0, 42)
    portal.link("tickets", 41, "contacts", 11)
    portal.link("tickets", 41, "companies", 21, primary=True)


def add_activities(portal: Portal) -> None:
    call = {"hs_call_title": "Thanks", "hs_call_body": "Called to say thanks", "hs_call_direction": "INBOUND"}
    call |= {"hs_call_disposition": "73a0d17f-1163-4015-bdd5-ec830791da20", "hs_activity_type": "Phone"}
    mail = {"hs_email_subject": "Offer", "hs_email_html": "<p>Hello</p>", "hs_email_direction": "EMAIL"}
    meeting = {"hs_meeting_title": "Visit", "hs_meeting_body": "Met", "hs_meeting_start_time": iso(T0 + DAY)}
    for kind, record, properties in (
        ("calls", 51, call | COMMON),
        ("emails", 51, mail | {"hs_sequence_id": "7"}),
        ("meetings", 53, meeting | {"hs_meeting_outcome": "COMPLETED"}),
        ("meetings", 54, meeting | {"hs_meeting_outcome": "NO_SHOW"}),
        ("notes", 55, {"hs_note_body": NOTE}),
        ("notes", 56, {"hs_note_body": "second"}),
        ("notes", 57, {"hs_note_body": "third"}),
        ("tasks", 58, {"hs_task_subject": "Call back", "hs_task_status": "NOT_STARTED"}),
        ("tasks", 59, {"hs_task_status": "COMPLETED", "hs_task_completion_date": iso(T0 + 2 * DAY)}),
        ("communications", 60, {"hs_communication_body": "hi", "hs_communication_channel_type": "SMS"}),
    ):
        portal.add(kind, properties | {"hs_timestamp": iso(T0)}, T0, record)
        portal.link(kind, record, "contacts", 11)
    portal.link("calls", 51, "contacts", 12)
    portal.link("calls", 51, "companies", 21)
    portal.things["calls"][51].links["deals"] = {31: False}


def contacts() -> list[Contact]:
    dated = {"created_at": at(-1), "updated_at": at(0)}
    later = {"created_at": START.replace(microsecond=5000), "updated_at": START.replace(microsecond=5000)}
    return [
        Contact(
            id="11",
            name="Clara Winslow",
            title="Teacher",
            email="clara@example.com",
            phone="+44 20 7946 0001",
            kind=Kind.KEY_ACCOUNT,
            company_id="21",
            owner_id="501",
            custom={"colour": "blue"},
            tags={},
            **dated,
        ),
        Contact(id="12", name="伟 陈", phone="+86 10 0000", tags={}, **later),
        Contact(id="13", email="only@example.com", tags={}, **later),
    ]


def companies() -> list[Company]:
    well = {"name": "Blue Well 蓝井", "domain": "bluewell.example.com", "industry": "RETAIL", "owner_id": "501"}
    return [
        Company(id="21", **well, updated_at=at(0), custom={"trade": "RETAIL"}),
        Company(id="22", name="Second", updated_at=at(0)),
        Company(id="23", name="Third", updated_at=START.replace(microsecond=1000)),
    ]


def deals() -> list[Deal]:
    dated = {"opened_at": at(0), "updated_at": at(0)}
    return [
        Deal(
            id="31",
            at=at(3),
            status=DealStatus.WON,
            name="Filters",
            stage="Won",
            amount=Decimal("1250.50"),
            currency="EUR",
            contact_ids=("11", "12"),
            company_id="21",
            owner_id="501",
            custom={"line": "default"},
            opened_at=at(-1),
            updated_at=at(0),
        ),
        Deal(id="32", at=at(1), status=DealStatus.LOST, name="Lost one", stage="Lost", **dated),
        Deal(id="33", at=at(2), name="Open one", stage="Appointment", **dated),
    ]


def tickets() -> list[Ticket]:
    return [
        Ticket(
            id="41",
            at=at(0),
            kind=CaseKind.COMPLAINT,
            subject="Leaks",
            text="It leaks",
            status="Closed",
            closed_at=at(4),
            contact_ids=("11",),
            company_id="21",
            owner_id="501",
            updated_at=at(0),
            custom={"desk": "0"},
        ),
        Ticket(id="42", at=at(0), subject="Where is it", status="New", updated_at=at(0)),
    ]


def activities() -> list[Activity]:
    with_nora = {"contact_ids": ("11",), "updated_at": at(0)}
    visit = {"subject": "Visit", "text": "Met", "at": at(1), **with_nora}
    note = {"type": "note", "at": at(0), "direction": "internal", **with_nora}
    return [
        Activity(
            id="calls:51",
            type="call",
            at=at(0),
            direction="inbound",
            subject="Thanks",
            text="Called to say thanks",
            contact_ids=("11", "12"),
            company_id="21",
            deal_id="31",
            owner_id="501",
            updated_at=at(0),
            custom={"outcome": "no answer", "how": "Phone"},
        ),
        Activity(
            id="emails:51",
            type="email",
            at=at(0),
            direction="outbound",
            subject="Offer",
            text="Hello",
            automated=True,
            **with_nora,
        ),
        Activity(id="meetings:53", type="meeting", direction="mutual", custom={"outcome": "completed"}, **visit),
        Activity(id="meetings:54", type="note", direction="outbound", custom={"outcome": "no_show"}, **visit),
        Activity(id="notes:55", text="客户说：“净水器很好用”\nWants a call & a leaflet.", **note),
        Activity(id="notes:56", text="second", **note),
        Activity(id="notes:57", text="third", **note),
        Activity(id="tasks:58", subject="Call back", custom={"status": "not_started"}, **note),
        replace(Activity(id="tasks:59", custom={"status": "completed"}, **note), at=at(2)),
        Activity(id="communications:60", type="message", at=at(0), text="hi", custom={"channel": "sms"}, **with_nora),
    ]


def without_rows(body: bytes) -> bytes:
    """A page without rows, whose cursor leads to the page that should have been."""
    return json.dumps({"results": [], "paging": {"next": {"after": "0"}}}).encode()


class HubSpotCase(Case):
    connector = HubSpot
    mapping = FieldMap(
        fields={Stream.CONTACTS: {"kind": "lifecyclestage"}},
        values={Stream.CONTACTS: {"kind": {"customer": "key_account"}}},
        custom={
            Stream.CONTACTS: {"favourite_colour": "colour"},
            Stream.COMPANIES: {"industry": "trade"},
            Stream.DEALS: {"pipeline": "line"},
            Stream.CASES: {"hs_pipeline": "desk"},
            Stream.ACTIVITIES: {"hs_activity_type": "how"},
        },
    )
    faults = {
        "empty_page": Fault(match=r"GET /crm/objects/2026-09/\w+\?(?!.*after=)", rewrite=without_rows, times=1),
        "lost_token": Fault(status=401, body=b'{"category": "INVALID_AUTHENTICATION", "message": "token expired"}'),
    }

    def __init__(self, url, double, net):
        self.url, self.double, self.net = url, double, net

    @property
    def portal(self):
        return self.double.portal

    def settings(self):
        return {"base_url": self.url, "access_token": TOKEN}

    def expected(self):
        return {
            Stream.USERS: [
                User(id="501", name="Ruth Lind", email="ruth@example.com"),
                User(id="502", name="Tomas", email="tomas@example.com", active=False),
            ],
            Stream.COMPANIES: companies(),
            Stream.CONTACTS: contacts(),
            Stream.DEALS: deals(),
            Stream.ACTIVITIES: activities(),
            Stream.CASES: tickets(),
        }

    def reset(self):
        self.double.portal = known_state()
        self.net.clear()

    def writes(self):
        return sum(self.portal.writes.values()) + self.portal.property_writes

    def others(self):
        return {
            kind: {
                number: {
                    name: value
                    for name, value in thing.properties.items()
                    if name not in TAG_KINDS and name != modified_name(kind)
                }
                for number, thing in things.items()
            }
            for kind, things in self.portal.things.items()
        }

    def change(self):
        when = datetime.now(UTC)
        at_ms = round(when.timestamp() * 1000)
        when = datetime.fromtimestamp(at_ms / 1000, UTC)
        self.portal.change("contacts", 13, {"jobtitle": "Head"}, at_ms)
        self.portal.change("companies", 22, {"domain": "second.example.com"}, at_ms)
        self.portal.change("deals", 33, {"amount": "10"}, at_ms)
        self.portal.change("notes", 56, {"hs_note_body": "<i>rewritten</i>"}, at_ms)
        self.portal.change("calls", 51, {"hs_call_title": "Twice"}, at_ms)
        self.portal.change("tickets", 42, {"subject": "Found"}, at_ms)
        return {
            Stream.CONTACTS: [replace(contacts()[2], title="Head", updated_at=when)],
            Stream.COMPANIES: [replace(companies()[1], domain="second.example.com", updated_at=when)],
            Stream.DEALS: [replace(deals()[2], amount=Decimal(10), updated_at=when)],
            Stream.ACTIVITIES: [
                replace(activities()[5], text="rewritten", updated_at=when),
                replace(activities()[0], subject="Twice", updated_at=when),
            ],
            Stream.CASES: [replace(tickets()[1], subject="Found", updated_at=when)],
        }

    def delete(self):
        for kind, record in (("contacts", 13), ("companies", 23), ("deals", 32), ("notes", 57), ("tickets", 42)):
            self.portal.archive(kind, record)
        return {
            Stream.CONTACTS: ["13"],
            Stream.COMPANIES: ["23"],
            Stream.DEALS: ["32"],
            Stream.ACTIVITIES: ["notes:57"],
            Stream.CASES: ["42"],
        }

    def merge(self):
        self.portal.merge("contacts", 12, 13)
        return Stream.CONTACTS, "13", "12"

    def duplicate(self):
        self.portal.overlap = 1

    def empty(self):
        for things in self.portal.things.values():
            things.clear()
        self.portal.owners.clear()

    def bad_row(self):
        self.portal.refused.add(12)
        return "12"

    def gone_row(self):
        return "999999"
