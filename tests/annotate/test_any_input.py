"""No line whatever raises anything but the sentence that says what is wrong with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from crm_ext.annotate.explain import render
from crm_ext.annotate.timeline import BadTimeline, as_of_of, parse
from crm_ext.domain.events import Direction, EventType
from tests.annotate.histories import PLAYBOOK, annotate

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
junk = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner))
days = st.dates().map(str) | st.datetimes().map(str) | st.sampled_from(["2026-06-12", "2026-06-12T10:00:00+14:00"])
found = st.sampled_from(sorted(PLAYBOOK.signals)) | st.fixed_dictionaries({"id": st.sampled_from(["paid", "x"])})
happened = st.fixed_dictionaries(
    {"at": days},
    optional={
        "type": st.sampled_from([*map(str, EventType), "dance"]),
        "direction": st.sampled_from([*map(str, Direction), "up"]),
        "amount": st.none() | st.floats() | st.integers(),
        "text": st.text(max_size=20),
        "closed_at": days,
        "automated": junk,
        "signals": st.none() | st.lists(found, max_size=3),
    },
)
lines = st.fixed_dictionaries(
    {"id": st.text(min_size=1, max_size=4)},
    optional={
        "as_of": days,
        "language": st.sampled_from(["en", "zh", "tlh"]),
        "contact": st.dictionaries(st.sampled_from(["name", "kind", "title", "company"]), st.text(max_size=5)),
        "events": st.lists(happened, max_size=4),
    },
)


def spoilt(line: dict[str, Any], value: Any, place: int) -> Any:
    """The line with something else in one of its places; or that alone."""
    places: list[tuple[Any, Any]] = [(line, key) for key in line]
    places += [(each, key) for each in line.get("events", ()) for key in each]
    if place >= len(places):
        return value
    inner, key = places[place]
    inner[key] = value
    return line


def answered(line: Any) -> bool:
    """Whether the line was judged; else it was refused in a sentence."""
    try:
        timeline, as_of = parse(line), as_of_of(line, None, date(2026, 6, 30))
    except BadTimeline:
        return False
    assert render(annotate(timeline, PLAYBOOK, as_of), PLAYBOOK, timeline.language)["id"]
    return True


many = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(lines, junk, st.integers(0, 12))
def test_a_spoilt_line_is_judged_or_refused(line: dict[str, Any], value: Any, place: int) -> None:
    event(f"judged: {answered(spoilt(line, value, place))}")


@many
@given(lines)
def test_a_sound_line_is_judged_whatever_its_dates_are(line: dict[str, Any]) -> None:
    amounts = [each.get("amount") for each in line.get("events", ())]
    sound = all(amount is None or abs(amount) < float("inf") for amount in amounts)
    assert answered(line) or not sound
