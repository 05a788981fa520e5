"""A small database in a known state, and what must be pulled from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from crm_ext.connector_api import (
    Activity,
    Case,
    CaseKind,
    Company,
    Contact,
    Deal,
    DealStatus,
    Kind,
    Record,
    Stream,
    User,
)
from tests.doubles.odoo_data import BASE, COLLEAGUES, USERS

T0 = datetime(2026, 6, 1, 9, 0)  # noqa: DTZ001 - Odoo keeps times without zones
NOTE = "<p>客户说：<b>“净水器很好用”</b></p><p>Wants a call &amp; a leaflet.</p>"
WORKS, SECOND, NORA, LIN, PAUL, BILLING, ARCHIVED = 21, 22, 11, 12, 13, 14, 15


def day(number: float, second: float = 0) -> datetime:
    return T0 + timedelta(days=number, seconds=second)


def aware(number: float, second: int = 0) -> datetime:
    """As it is pulled: without microseconds, in UTC."""
    return day(number, second).replace(tzinfo=UTC)


def row(number: int, **values: Any) -> dict[str, Any]:
    """A row; what was written last has microseconds, as everything in Odoo."""
    return {"id": number, "create_date": day(-1), "write_date": day(0, 0.654539), **values}


def tables(serie: int) -> dict[str, list[dict[str, Any]]]:
    """Rows by model."""
    return {**BASE, **partners(serie), **documents(serie), **touches(), **cases()}


def partners(serie: int) -> dict[str, list[dict[str, Any]]]:
    person = {"is_company": False, "type": "contact"}
    mobile = {"mobile": "+86 10 0000"} if serie < 19 else {"phone": "+86 10 0000"}
    return {
        "res.partner.industry": [row(1, name="Retail")],
        "res.partner.category": [row(1, name="VIP"), row(2, name="VIP")],
        "res.users": [*USERS, row(7, name="Left", login="left", email="left@example.com", active=False, partner_id=5),
                      row(8, name="Portal", login="portal", email=False, share=True, partner_id=PAUL)],
        "res.partner": [
            *COLLEAGUES,
            row(5, name="Left", active=False, **person),
            row(NORA, name="Nora Whitfield", email="Nora <Nora@Example.com>", email_normalized="nora@example.com",
                phone="+44 20 7946 0001", function="Teacher", user_id=5, parent_id=WORKS, category_id=[1], ref="N-1",
                comment="key", **person),
            row(LIN, name="林海燕", **person, **mobile, write_date=day(0, 0.7)),
            row(PAUL, name="Paul", email="paul@example.com", is_company=False, type=False),
            row(BILLING, name="Billing of Works", parent_id=WORKS, is_company=False, type="invoice"),
            row(ARCHIVED, name="Gone", active=False, **person),
            row(WORKS, name="Blue Well 蓝井", is_company=True, type="contact", website="https://www.bluewell.example.com/",
                industry_id=1, user_id=5, ref="W-1"),
            row(SECOND, name="Second", is_company=True, type="contact"),
            row(23, name="Third", is_company=True, type="contact"),
        ],
    }  # fmt: skip


def documents(serie: int) -> dict[str, list[dict[str, Any]]]:
    """Leads and orders; only 19 says of a lead whether it is won."""
    won, lost, pending = ({"won_status": each} if serie >= 19 else {} for each in ("won", "lost", "pending"))
    lead = {"company_currency": 1, "stage_id": 1, "create_date": day(-2)}
    return {
        "crm.lead": [
            row(1, name="Filters", partner_id=NORA, user_id=5, probability=100.0, expected_revenue=1250.5,
                date_closed=day(3), **lead | {"stage_id": 4}, **won),
            row(2, name="Lost one", partner_id=SECOND, active=False, probability=0.0, **lead, **lost),
            row(3, name="Open one", probability=20.0, date_last_stage_update=day(2), **lead, **pending),
            row(4, name="Put away", active=False, probability=30.0, **lead, **pending),
            row(5, name="Ordered", partner_id=LIN, probability=100.0, date_closed=day(4), order_ids=[1], **lead, **won),
        ],
        "sale.order": [
            row(1, name="S00001", partner_id=BILLING, user_id=5, date_order=day(4), amount_total=99.9, currency_id=1,
                state="sale"),
            row(2, name="S00002", partner_id=LIN, date_order=day(5), amount_total=10.0, currency_id=1, state="cancel"),
        ],
    }  # fmt: skip


def touches() -> dict[str, list[dict[str, Any]]]:
    on_nora = {"model": "res.partner", "res_id": NORA}
    return {
        "mail.message": [
            message(1, **on_nora, message_type="email", author_id=NORA, subject="Offer", body="<p>Hello</p>"),
            message(2, **on_nora, message_type="comment", subtype_id=2, author_id=4, body=NOTE),
            message(3, **on_nora, message_type="comment", subtype_id=1, author_id=4, partner_ids=[LIN],
                    body="<p>Hi</p>"),
            message(4, **on_nora, message_type="notification", subtype_id=2, author_id=4,
                    body="<p>Contact created</p>"),
            message(5, **on_nora, message_type="notification", subtype_id=3, author_id=4, mail_activity_type_id=2,
                    body="<p>Called to say thanks</p>"),
            message(6, model="crm.lead", res_id=1, message_type="auto_comment", author_id=4, body="<p>Welcome</p>"),
            message(7, model="sale.order", res_id=1, message_type="email_outgoing", author_id=4,
                    body="<p>Your order</p>"),
            message(8, model="res.partner", res_id=4, message_type="comment", author_id=4, body="<p>among us</p>"),
            message(9, model="account.move", res_id=1, message_type="comment", author_id=4, body="<p>elsewhere</p>"),
        ],
        "mail.activity": [
            row(1, res_model="res.partner", res_id=NORA, activity_type_id=2, summary="Call back", note="<p>soon</p>",
                date_deadline=date(2026, 6, 20), user_id=5, state="planned"),
        ],
        "calendar.event": [
            row(1, name="Visit", start=day(1), stop=day(1), description="<p>Met</p>", user_id=5,
                partner_ids=[4, NORA, LIN]),
            row(2, name="Talk", start=day(2), stop=day(2), partner_ids=[WORKS]),
        ],
    }  # fmt: skip


def cases() -> dict[str, list[dict[str, Any]]]:
    return {
        "project.task": [
            row(1, name="Complaint: it leaks", description="<p>It leaks</p>", partner_id=NORA, user_ids=[5], stage_id=1,
                state="1_done", date_end=day(4)),
            row(2, name="Where is it", partner_id=WORKS, stage_id=1, state="01_in_progress"),
            row(3, name="Internal", stage_id=1, state="01_in_progress"),
        ],
        "helpdesk.ticket": [row(1, name="Broken", partner_id=LIN, user_id=5, close_date=day(6))],
    }  # fmt: skip


def message(number: int, **values: Any) -> dict[str, Any]:
    return row(number, date=day(0, number), **values)


DATED = {"created_at": aware(-1), "updated_at": aware(0)}


def contacts() -> list[Contact]:
    return [
        Contact(
            id=str(NORA), name="Nora Whitfield", title="Teacher", email="nora@example.com", phone="+44 20 7946 0001",
            kind=Kind.KEY_ACCOUNT, company_id=str(WORKS), owner_id="5", custom={"code": "N-1"}, tags=None, **DATED,
        ),
        Contact(id=str(LIN), name="林海燕", phone="+86 10 0000", **DATED),
        Contact(id=str(PAUL), name="Paul", email="paul@example.com", **DATED),
    ]  # fmt: skip


def companies() -> list[Company]:
    return [
        Company(
            id=str(WORKS), name="Blue Well 蓝井", domain="bluewell.example.com", industry="Retail", owner_id="5",
            updated_at=aware(0), custom={"code": "W-1"},
        ),
        Company(id=str(SECOND), name="Second", updated_at=aware(0)),
        Company(id="23", name="Third", updated_at=aware(0)),
    ]  # fmt: skip


def deals() -> list[Deal]:
    of_lead = {"currency": "EUR", "opened_at": aware(-2), "updated_at": aware(0)}
    of_order = {"currency": "EUR", "opened_at": aware(-1), "updated_at": aware(0)}
    return [
        Deal(
            id="lead:1", at=aware(3), status=DealStatus.WON, name="Filters", stage="Won", amount=Decimal("1250.5"),
            contact_ids=(str(NORA),), owner_id="5", custom={"chance": "100.0"}, **of_lead,
        ),
        Deal(
            id="lead:2", at=aware(-2), status=DealStatus.LOST, name="Lost one", stage="New", amount=Decimal("0.0"),
            company_id=str(SECOND), custom={"chance": "0.0"}, **of_lead,
        ),
        Deal(
            id="lead:3", at=aware(2), name="Open one", stage="New", amount=Decimal("0.0"), custom={"chance": "20.0"},
            **of_lead,
        ),
        Deal(
            id="lead:5", at=aware(4), name="Ordered", stage="New", amount=Decimal("0.0"), contact_ids=(str(LIN),),
            custom={"chance": "100.0"}, **of_lead,
        ),
        Deal(
            id="order:1", at=aware(4), status=DealStatus.WON, name="S00001", stage="sale", amount=Decimal("99.9"),
            company_id=str(WORKS), owner_id="5", **of_order,
        ),
        Deal(
            id="order:2", at=aware(5), status=DealStatus.LOST, name="S00002", stage="cancel", amount=Decimal("10.0"),
            contact_ids=(str(LIN),), **of_order,
        ),
    ]  # fmt: skip


def messages() -> list[Activity]:
    nora, dated = {"contact_ids": (str(NORA),)}, {"updated_at": aware(0)}
    return [
        Activity(
            id="message:1", type="email", at=aware(0, 1), direction="inbound", subject="Offer", text="Hello",
            **nora, **dated,
        ),
        Activity(
            id="message:2", type="note", at=aware(0, 2), direction="internal", owner_id="5",
            text="客户说：“净水器很好用”\nWants a call & a leaflet.", **nora, **dated,
        ),
        Activity(
            id="message:3", type="message", at=aware(0, 3), direction="outbound", owner_id="5", text="Hi",
            contact_ids=(str(NORA), str(LIN)), **dated,
        ),
        Activity(
            id="message:5", type="call", at=aware(0, 5), direction="outbound", owner_id="5", subject="Call",
            text="Called to say thanks", **nora, **dated,
        ),
        Activity(
            id="message:6", type="message", at=aware(0, 6), direction="outbound", owner_id="5", text="Welcome",
            deal_id="lead:1", automated=True, **nora, **dated,
        ),
        Activity(
            id="message:7", type="email", at=aware(0, 7), direction="outbound", owner_id="5", text="Your order",
            deal_id="order:1", company_id=str(WORKS), **dated,
        ),
        Activity(
            id="message:8", type="message", at=aware(0, 8), direction="outbound", owner_id="5", text="among us", **dated
        ),
    ]  # fmt: skip


def appointments() -> list[Activity]:
    """Plans and meetings."""
    nora, dated = {"contact_ids": (str(NORA),)}, {"updated_at": aware(0)}
    return [
        Activity(
            id="activity:1", type="note", at=datetime(2026, 6, 20, tzinfo=UTC), direction="internal", owner_id="5",
            subject="Call back", text="soon", custom={"status": "planned"}, **nora, **dated,
        ),
        Activity(
            id="event:1", type="meeting", at=aware(1), direction="mutual", owner_id="5", subject="Visit", text="Met",
            contact_ids=(str(NORA), str(LIN)), **dated,
        ),
        Activity(
            id="event:2", type="meeting", at=aware(2), direction="mutual", subject="Talk", company_id=str(WORKS),
            **dated,
        ),
    ]  # fmt: skip


def tasks() -> list[Case]:
    return [
        Case(
            id="task:1", at=aware(-1), kind=CaseKind.COMPLAINT, subject="Complaint: it leaks", text="It leaks",
            status="In Progress", closed_at=aware(4), contact_ids=(str(NORA),), owner_id="5", updated_at=aware(0),
            custom={"state": "1_done"},
        ),
        Case(
            id="task:2", at=aware(-1), subject="Where is it", status="In Progress", company_id=str(WORKS),
            updated_at=aware(0), custom={"state": "01_in_progress"},
        ),
    ]  # fmt: skip


def records() -> dict[Stream, list[Record]]:
    return {
        Stream.USERS: [
            User(id="2", name="Robot", email="robot@example.com"),
            User(id="5", name="Ruth Lind", email="ruth@example.com"),
            User(id="7", name="Left", email="left@example.com", active=False),
        ],
        Stream.COMPANIES: list(companies()),
        Stream.CONTACTS: list(contacts()),
        Stream.DEALS: list(deals()),
        Stream.ACTIVITIES: [*messages(), *appointments()],
        Stream.CASES: list(tasks()),
    }
