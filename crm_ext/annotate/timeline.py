"""Timelines as JSON objects, one a line, to events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any

from crm_ext.domain.events import Direction, Event, EventType, Signal, Timeline, instant
from crm_ext.domain.records import Kind
from crm_ext.errors import CrmExtError

Json = Mapping[str, Any]

TYPES = {each.value: each for each in EventType}
DIRECTIONS = {each.value: each for each in Direction}
LAST_MOMENT = timedelta(days=1, microseconds=-1)


class BadTimeline(CrmExtError):
    """A line that is no timeline: says which field of which event is wrong."""


def parse(line: Json) -> Timeline:
    """The timeline of one input object. Raises BadTimeline, naming the place, where it cannot be read."""
    if not isinstance(line, Mapping):
        raise BadTimeline("A timeline is a JSON object with id and events.")
    contact = _mapping(line.get("contact") or {}, "contact")
    return Timeline(
        id=_id(line.get("id")),
        name=_text(contact.get("name"), "contact.name"),
        kind=Kind.KEY_ACCOUNT if contact.get("kind") == Kind.KEY_ACCOUNT else Kind.INDIVIDUAL,
        title=_text(contact.get("title"), "contact.title"),
        company=_text(contact.get("company"), "contact.company") or None,
        language=_text(line.get("language"), "language") or "en",
        events=tuple(_event(each, f"events[{i}]") for i, each in enumerate(_list(line.get("events"), "events"))),
    )


def as_of_of(line: Any, given: str | None, today: date) -> datetime:
    """The instant of judgement: what was given, else the line's own, else today; a date counts to its end."""
    return moment(given or (line.get("as_of") if isinstance(line, Mapping) else None) or today)


def moment(value: Any) -> datetime:
    """A time, or the last moment of a date: what happened on the day of judgement is seen."""
    try:
        at = instant(value)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise BadTimeline(f"as_of: {value!r} is no date.", fix="Write 2026-06-30 or an RFC 3339 time.") from error
    return at + LAST_MOMENT if _is_date(value) else at


def _is_date(value: Any) -> bool:
    return len(value.strip()) <= len("2026-06-30") if isinstance(value, str) else not isinstance(value, datetime)


def _event(item: Any, place: str) -> Event:
    item = _mapping(item, place)
    type_ = TYPES.get(str(item.get("type")), EventType.NOTE)
    signals = item.get("signals")
    return Event(
        type=type_,
        at=_at(item.get("at"), f"{place}.at"),
        direction=DIRECTIONS.get(str(item.get("direction")), Direction.INTERNAL),
        amount=_amount(item.get("amount"), f"{place}.amount"),
        currency=_text(item.get("currency"), f"{place}.currency"),
        text=_text(item.get("text"), f"{place}.text"),
        automated=item.get("automated") is True,
        closed_at=_at(item["closed_at"], f"{place}.closed_at") if item.get("closed_at") else None,
        signals=None if signals is None else tuple(_signal(each, place) for each in _list(signals, f"{place}.signals")),
    )


def _signal(item: Any, place: str) -> Signal:
    """A signal as an object with its id, or the id alone."""
    if isinstance(item, str):
        return Signal(id=item, rule="given", start=0, end=0, quote="")
    item = _mapping(item, f"{place}.signals")
    return Signal(
        id=_text(item.get("id"), f"{place}.signals.id"),
        rule=_text(item.get("rule"), f"{place}.signals.rule") or "given",
        start=_whole(item.get("start"), f"{place}.signals.start"),
        end=_whole(item.get("end"), f"{place}.signals.end"),
        quote=_text(item.get("quote"), f"{place}.signals.quote"),
        confidence=_amount(item.get("confidence"), f"{place}.signals.confidence") or 1.0,
        reader=_text(item.get("reader"), f"{place}.signals.reader"),
        text_hash=_text(item.get("text_hash"), f"{place}.signals.text_hash"),
    )


def _id(value: Any) -> str:
    if value in (None, "") or isinstance(value, Mapping | list | bool):
        raise BadTimeline("id: missing.", fix="Give each line an id.")
    return str(value)


def _text(value: Any, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadTimeline(f"{place}: a text is expected, not {value!r:.40}.")
    return value


def _whole(value: Any, place: str) -> int:
    return int(_amount(value, place) or 0)


def _amount(value: Any, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadTimeline(f"{place}: a number or null is expected, not {value!r:.40}.")
    return float(value)


def _at(value: Any, place: str) -> datetime:
    try:
        return instant(value)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise BadTimeline(f"{place}: {value!r:.40} is no date.", fix="Write 2026-06-30 or an RFC 3339 time.") from error


def _mapping(value: Any, place: str) -> Json:
    if not isinstance(value, Mapping):
        raise BadTimeline(f"{place}: an object is expected, not {value!r:.40}.")
    return value


def _list(value: Any, place: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise BadTimeline(f"{place}: a list is expected, not {value!r:.40}.")
    return value
