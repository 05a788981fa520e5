"""Records become events in one way only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from crm_ext.domain.bundle import Bundle
from crm_ext.domain.events import Direction, EventType, Signal
from crm_ext.domain.records import Activity, Case, CaseKind, Company, Contact, Deal, DealStatus, Kind, Stream
from crm_ext.domain.timeline import signal_key, timeline

DAY = datetime(2026, 6, 1, tzinfo=UTC)
FOUND = (Signal(id="returned_call", rule="r", start=0, end=4, quote="Rang"),)


def bundle(kind: Kind | None = None) -> Bundle:
    return Bundle(
        contact=Contact(id="7", name="Ada Example", title="buyer", kind=kind),
        company=Company(id="1", name="Example Works"),
        activities=(
            Activity(id="a2", type="carrier pigeon", at=DAY + timedelta(days=3), text="It came."),
            Activity(id="a1", type="call", at=DAY, direction="inbound", subject="Back", text="Rang back."),
            Activity(id="a3", type="meeting", at=DAY + timedelta(days=1)),
        ),
        deals=(
            Deal(id="d1", at=DAY + timedelta(days=4), status=DealStatus.WON, amount=Decimal("12.50"), currency="EUR"),
            Deal(id="d2", at=DAY + timedelta(days=5), status=DealStatus.LOST, name="Second line"),
            Deal(id="d3", at=DAY + timedelta(days=6), stage="Offer"),
        ),
        cases=(
            Case(id="c1", at=DAY + timedelta(days=7), kind=CaseKind.COMPLAINT, closed_at=DAY + timedelta(days=8)),
            Case(id="c2", at=DAY + timedelta(days=9), kind=CaseKind.SERVICE, subject="Manual"),
        ),
        signals={signal_key(Stream.ACTIVITIES, "a1"): FOUND},
    )


def test_events_stand_in_order_with_their_records() -> None:
    made = timeline(bundle())
    assert [(each.type.value, each.record.id) for each in made.events if each.record] == [
        ("call", "a1"), ("meeting", "a3"), ("note", "a2"), ("order", "d1"), ("deal_stage", "d2"), ("deal_stage", "d3"),
        ("complaint", "c1"), ("note", "c2"),
    ]  # fmt: skip
    assert (made.id, made.company, made.title) == ("7", "Example Works", "buyer")


def test_what_an_event_carries() -> None:
    call, meeting, _, order, lost, moved, complaint, _ = timeline(bundle()).events
    assert (call.direction, call.text, call.signals) == (Direction.INBOUND, "Back\nRang back.", FOUND)
    assert (meeting.direction, meeting.signals) == (Direction.MUTUAL, None)
    assert (order.type, order.amount, order.currency) == (EventType.ORDER, 12.5, "EUR")
    assert (lost.text, moved.text) == ("Second line\nClosed lost", "Offer")
    assert complaint.closed_at == DAY + timedelta(days=8)


def test_a_key_account_by_its_record_or_by_the_setting() -> None:
    assert timeline(bundle()).kind is Kind.INDIVIDUAL
    assert timeline(bundle(), kind=Kind.KEY_ACCOUNT).kind is Kind.KEY_ACCOUNT
    assert timeline(bundle(Kind.INDIVIDUAL), kind=Kind.KEY_ACCOUNT).kind is Kind.INDIVIDUAL
