"""What must be pulled from the EspoCRM of the contract tests."""

from __future__ import annotations

from decimal import Decimal

from crm_ext.connector_api import Activity, CaseKind, Company, Contact, Deal, DealStatus, Kind
from crm_ext.connector_api import Case as Ticket
from tests.connectors.espocrm.state import DAY, NOTE, at


def contacts() -> list[Contact]:
    later = {"created_at": at(5 / DAY), "updated_at": at(5 / DAY)}
    dated = {"created_at": at(0), "updated_at": at(0)}
    return [
        Contact(
            id="c1",
            name="Nora Whitfield",
            title="Teacher",
            email="Nora@example.com",
            phone="+442079460001",
            kind=Kind.KEY_ACCOUNT,
            company_id="a1",
            owner_id="u1",
            custom={"words": "customer"},
            tags={},
            created_at=at(-1),
            updated_at=at(0),
        ),
        Contact(id="c2", name="伟 陈", phone="+861000000000", tags={}, **later),
        Contact(id="c3", name="Only", email="only@example.com", tags={}, **later),
        Contact(id="Lead:l1", name="Li Mei", title="Owner", email="li@example.com", tags={}, **dated),
        Contact(id="Lead:l2", name="Brook", tags={}, **dated),
    ]


def companies() -> list[Company]:
    well = {"name": "Blue Well 蓝井", "domain": "bluewell.example.com", "industry": "Retail", "owner_id": "u1"}
    return [
        Company(id="a1", **well, updated_at=at(0), custom={"sort": "Customer"}),
        Company(id="a2", name="Second", updated_at=at(0)),
        Company(id="a3", name="Third", domain="third.example.com", updated_at=at(1 / DAY)),
    ]


def deals() -> list[Deal]:
    dated = {"opened_at": at(0), "updated_at": at(0)}
    return [
        Deal(
            id="d1",
            at=at(-9 / 24),
            status=DealStatus.WON,
            name="Filters",
            stage="Closed Won",
            amount=Decimal("1250.5"),
            currency="EUR",
            contact_ids=("c1", "c2"),
            company_id="a1",
            owner_id="u1",
            custom={"source": "Call"},
            opened_at=at(-1),
            updated_at=at(1),
        ),
        Deal(id="d2", at=at(0), status=DealStatus.LOST, name="Lost one", stage="Asleep", **dated),
        Deal(id="d3", at=at(0), name="Open one", stage="Tasting", **dated),
    ]


def tickets() -> list[Ticket]:
    return [
        Ticket(
            id="k1",
            at=at(0),
            kind=CaseKind.COMPLAINT,
            subject="Leaks",
            text="It leaks",
            status="Closed",
            closed_at=at(4),
            contact_ids=("c1",),
            company_id="a1",
            owner_id="u1",
            updated_at=at(4),
            custom={"urgent": "High"},
        ),
        Ticket(id="k2", at=at(0), subject="Where is it", status="New", contact_ids=("Lead:l1",), updated_at=at(0)),
    ]


WITH_NORA = {"contact_ids": ("c1",), "updated_at": at(0)}
INTERNAL = {"type": "note", "direction": "internal", "updated_at": at(0)}


def activities() -> list[Activity]:
    return [*calls(), *touches(), *mails(), *notes()]


def calls() -> list[Activity]:
    return [
        Activity(
            id="Call:t1",
            type="call",
            at=at(0),
            direction="inbound",
            subject="Thanks",
            text="Called to say thanks",
            contact_ids=("c1", "c2"),
            company_id="a1",
            deal_id="d1",
            owner_id="u1",
            updated_at=at(0),
            custom={"status": "held"},
        ),
        Activity(
            id="Call:t2",
            type="note",
            at=at(0),
            direction="outbound",
            subject="Nobody there",
            contact_ids=("Lead:l1",),
            updated_at=at(0),
            custom={"status": "not held"},
        ),
    ]


def touches() -> list[Activity]:
    visit = {"subject": "Visit", "text": "Met", **WITH_NORA}
    return [
        Activity(id="Meeting:t1", type="meeting", at=at(1), direction="mutual", custom={"status": "held"}, **visit),
        Activity(
            id="Meeting:t4",
            type="note",
            at=at(15 / 24 + 1),
            direction="internal",
            custom={"status": "planned"},
            **visit,
        ),
        Activity(
            id="Task:t5",
            at=at(0),
            subject="Call back",
            custom={"status": "not started"},
            contact_ids=("c1",),
            **INTERNAL,
        ),
        Activity(id="Task:t6", at=at(2), custom={"status": "completed"}, contact_ids=("c1",), **INTERNAL),
    ]


def mails() -> list[Activity]:
    return [
        Activity(
            id="Email:m1",
            type="email",
            at=at(0),
            direction="outbound",
            subject="Offer",
            text="Hello",
            contact_ids=("c1", "Lead:l1"),
            updated_at=at(0),
        ),
        Activity(
            id="Email:m2",
            type="email",
            at=at(1),
            direction="inbound",
            subject="Away",
            text="Until Monday",
            automated=True,
            **WITH_NORA,
        ),
        Activity(id="Email:m3", at=at(0), subject="Unsent", **INTERNAL),
    ]


def notes() -> list[Activity]:
    return [
        Activity(id="Note:n1", at=at(0), text=NOTE, owner_id="u1", contact_ids=("c1",), **INTERNAL),
        Activity(id="Note:n2", at=at(0), text="second", company_id="a2", **INTERNAL),
        Activity(id="Note:n4", at=at(0), text="third", contact_ids=("c1",), **INTERNAL),
    ]
