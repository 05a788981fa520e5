"""Short histories for tests: events by the day, signals as if they had been read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crm_ext.annotate import annotate
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Direction, Event, EventType, Signal, Timeline
from crm_ext.playbook import load

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
PLAYBOOK = load()
IN, OUT, BOTH = Direction.INBOUND, Direction.OUTBOUND, Direction.MUTUAL


def event(
    days_ago: float, type_: str = "call", *signals: str, direction: Direction = IN, text: str = "", **more: object
) -> Event:
    found = tuple(Signal(id=each, rule="given", start=0, end=len(text), quote=text) for each in signals)
    kind = EventType(type_)
    return Event(type=kind, at=AS_OF - timedelta(days=days_ago), direction=direction, text=text, signals=found, **more)


def history(*events: Event, title: str = "", name: str = "c") -> Timeline:
    return Timeline(id=name, title=title, events=events)


def judged(timeline: Timeline) -> Annotation:
    return annotate(timeline, PLAYBOOK, AS_OF)
