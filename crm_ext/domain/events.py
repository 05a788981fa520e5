"""A contact's records as dated events, in order: the only thing that is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from crm_ext.domain.records import Kind, Stream


class EventType(StrEnum):
    """What happened. A type not listed here is kept as a note."""

    __hash__ = str.__hash__  # that of Enum runs in Python, on every look-up

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    VISIT = "visit"
    NOTE = "note"
    ORDER = "order"
    REFERRAL = "referral"
    COMPLAINT = "complaint"
    GIFT = "gift"
    TRAINING = "training"
    AGREEMENT = "agreement"
    DEAL_STAGE = "deal_stage"
    MESSAGE = "message"
    EVENT_ATTENDANCE = "event_attendance"


class Direction(StrEnum):
    """Who began it: the customer (inbound), we (outbound), both, or nobody outside our house."""

    __hash__ = str.__hash__

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    MUTUAL = "mutual"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class RecordRef:
    """The CRM's record behind an event or a line of evidence."""

    stream: Stream
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something in a text that counts for or against, found once and kept.

    `id` names the playbook's signal, `rule` the rule or the nearest prototype that found it, `start` and `end`
    the quote's place in the event's text in characters, `reader` the recogniser's version, `text_hash` the text read.
    """

    id: str
    rule: str
    start: int
    end: int
    quote: str
    confidence: float = 1.0
    reader: str = ""
    text_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One dated happening. `signals` is None while nobody has read the text."""

    type: EventType
    at: datetime
    direction: Direction = Direction.INTERNAL
    amount: float | None = None
    currency: str = ""
    text: str = ""
    automated: bool = False
    closed_at: datetime | None = None
    signals: tuple[Signal, ...] | None = None
    record: RecordRef | None = None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person said of a recommended tactic: done, not_now or wrong."""

    tactic: str
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One contact and its events; `events` keeps the order of the input, which evidence refers to by index."""

    id: str
    name: str = ""
    kind: Kind = Kind.INDIVIDUAL
    title: str = ""
    company: str | None = None
    language: str = "en"
    events: tuple[Event, ...] = ()
    owners: tuple[tuple[datetime, str | None], ...] = ()
    answers: tuple[Answered, ...] = ()


def instant(value: str | date | datetime) -> datetime:
    """A date (the start of its day) or an RFC 3339 time as an aware time in UTC; a time without zone is UTC.

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
