"""From a contact's records to its events: the one place where this is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from crm_ext.domain.bundle import Bundle
from crm_ext.domain.events import Direction, Event, EventType, RecordRef, Signal, Timeline
from crm_ext.domain.records import Activity, Case, CaseKind, Deal, DealStatus, Kind, Stream

Signals = Mapping[str, tuple[Signal, ...]]

TYPES: Mapping[str, EventType] = {each.value: each for each in EventType}
DIRECTIONS: Mapping[str, Direction] = {each.value: each for each in Direction}
USUAL_DIRECTION: Mapping[EventType, Direction] = {
    EventType.CALL: Direction.OUTBOUND,
    EventType.EMAIL: Direction.OUTBOUND,
    EventType.MESSAGE: Direction.OUTBOUND,
    EventType.VISIT: Direction.OUTBOUND,
    EventType.GIFT: Direction.OUTBOUND,
    EventType.MEETING: Direction.MUTUAL,
    EventType.TRAINING: Direction.MUTUAL,
    EventType.AGREEMENT: Direction.MUTUAL,
    EventType.EVENT_ATTENDANCE: Direction.INBOUND,
    EventType.ORDER: Direction.INBOUND,
    EventType.REFERRAL: Direction.INBOUND,
    EventType.COMPLAINT: Direction.INBOUND,
}


def timeline(bundle: Bundle, *, kind: Kind = Kind.INDIVIDUAL, language: str = "en") -> Timeline:
    """One contact's events by time. `kind` is the connection's setting, for contacts whose record does not say."""
    contact = bundle.contact
    return Timeline(
        id=contact.id,
        name=contact.name,
        kind=contact.kind or kind,
        title=contact.title,
        company=bundle.company.name if bundle.company else None,
        language=language,
        events=tuple(sorted(_events(bundle), key=_when)),
        owners=bundle.owners,
        answers=bundle.answers,
    )


def event(record: Activity | Deal | Case) -> Event:
    """The event that one record makes; its text is what reading reads."""
    if isinstance(record, Activity):
        return _from_activity(record, {})
    return _from_deal(record, {}) if isinstance(record, Deal) else _from_case(record, {})


def signal_key(stream: Stream, record_id: str) -> str:
    """The key under which a bundle keeps what reading found in a record."""
    return f"{stream}/{record_id}"


def _events(bundle: Bundle) -> Iterator[Event]:
    for activity in bundle.activities:
        yield _from_activity(activity, bundle.signals)
    for deal in bundle.deals:
        yield _from_deal(deal, bundle.signals)
    for case in bundle.cases:
        yield _from_case(case, bundle.signals)


def _when(event: Event) -> tuple[datetime, str, str]:
    return event.at, event.type, event.record.id if event.record else ""


def _from_activity(activity: Activity, signals: Signals) -> Event:
    type_ = TYPES.get(activity.type, EventType.NOTE)
    usual = USUAL_DIRECTION.get(type_, Direction.INTERNAL)
    return Event(
        type=type_,
        at=activity.at,
        direction=DIRECTIONS.get(activity.direction or "", usual),
        text=_joined(activity.subject, activity.text),
        automated=activity.automated,
        signals=signals.get(signal_key(Stream.ACTIVITIES, activity.id)),
        record=RecordRef(Stream.ACTIVITIES, activity.id),
        owner_id=activity.owner_id,
    )


def _from_deal(deal: Deal, signals: Signals) -> Event:
    won = deal.status is DealStatus.WON
    return Event(
        type=EventType.ORDER if won else EventType.DEAL_STAGE,
        at=deal.at,
        direction=Direction.INBOUND if won else Direction.INTERNAL,
        amount=None if deal.amount is None else float(deal.amount),
        currency=deal.currency,
        text=deal.name if won else _joined(deal.name, "Closed lost" if deal.status is DealStatus.LOST else deal.stage),
        signals=signals.get(signal_key(Stream.DEALS, deal.id)),
        record=RecordRef(Stream.DEALS, deal.id),
        owner_id=deal.owner_id,
    )


def _from_case(case: Case, signals: Signals) -> Event:
    return Event(
        type=EventType.COMPLAINT if case.kind is CaseKind.COMPLAINT else EventType.NOTE,
        at=case.at,
        direction=Direction.INBOUND,
        text=_joined(case.subject, case.text),
        closed_at=case.closed_at,
        signals=signals.get(signal_key(Stream.CASES, case.id)),
        record=RecordRef(Stream.CASES, case.id),
        owner_id=case.owner_id,
    )


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
