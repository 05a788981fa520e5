"""What holds for every timeline, whatever was written down."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_ext import playbook
from crm_ext.annotate import annotate
from crm_ext.annotate.explain import reasons, render
from crm_ext.annotate.value import Purchases
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Direction, Event, EventType, Signal, Timeline
from crm_ext.domain.packing import packed, unpacked
from crm_ext.domain.records import Kind
from crm_ext.domain.tags import DECIDING, tag_values

BOOK = playbook.load()
AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
POSITIVE = sorted(each.id for each in BOOK.signals.values() if each.weight > 0 and each.polarity > 0)
CUTS = Purchases(cuts={"": {"A": 500.0, "B": 100.0}})

signals = st.lists(st.sampled_from([*BOOK.signals, "no_such_signal"]), max_size=3, unique=True).map(
    lambda ids: tuple(Signal(id=each, rule="drawn", start=0, end=1, quote="…") for each in ids)
)
events = st.builds(
    Event,
    type=st.sampled_from(EventType),
    direction=st.sampled_from(Direction),
    at=(st.integers(-900 * 24, 10 * 24) | st.sampled_from([-30 * 24, -24])).map(
        lambda hours: AS_OF + timedelta(hours=hours)
    ),
    amount=st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(1, 5000),
    text=st.text(max_size=5),
    automated=st.booleans(),
    signals=st.none() | signals,
    closed_at=st.none() | st.just(AS_OF - timedelta(days=3)),
)
timelines = st.builds(
    Timeline, id=st.just("c"), kind=st.sampled_from(Kind), events=st.lists(events, max_size=12).map(tuple)
)
many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judged(timeline: Timeline, as_of: datetime = AS_OF) -> Annotation:
    return annotate(timeline, BOOK, as_of, CUTS)


def deciding(annotation: Annotation) -> list[str]:
    values = tag_values(annotation, "")
    return [values[name] for name in DECIDING]


@many
@given(timelines)
def test_weights_add_up_and_stay_in_bounds(timeline: Timeline) -> None:
    found = judged(timeline)
    for part in ("person", "product", "company"):
        lines = [each.weight for each in found.evidence if each.object == part]
        assert round(sum(lines), 1) == getattr(found.trust, part)
        assert all(each == round(each, 1) for each in lines)
    assert 0 <= found.trust.level <= 100


@many
@given(timelines)
def test_nothing_recommended_is_to_be_avoided_and_there_is_a_main_step(timeline: Timeline) -> None:
    found = judged(timeline)
    tactics = [each.id for each in found.tactics]
    assert 1 <= len(tactics) <= 3
    assert len(set(tactics)) == len(tactics)
    assert not set(tactics) & {each.id for each in found.avoid}
    assert "push_order" not in tactics
    assert not any(BOOK.tactics[each].never for each in tactics)


@many
@given(timelines, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(timeline: Timeline, chance: object) -> None:
    shuffled = list(timeline.events)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    one, other = judged(timeline), judged(replace(timeline, events=tuple(shuffled)))
    assert deciding(one) == deciding(other)
    assert (one.trust, one.tactics, one.avoid) == (other.trust, other.tactics, other.avoid)


@many
@given(timelines, st.integers(-2000, 2000))
def test_shifting_all_dates_changes_nothing(timeline: Timeline, days: int) -> None:
    shift = timedelta(days=days)
    later = tuple(
        replace(each, at=each.at + shift, closed_at=each.closed_at + shift if each.closed_at else None)
        for each in timeline.events
    )
    one, other = judged(timeline), judged(replace(timeline, events=later), AS_OF + shift)
    assert deciding(one) == deciding(other)
    assert one.trust == other.trust


@many
@given(timelines, st.sampled_from(POSITIVE), st.integers(0, 900))
def test_more_that_speaks_for_us_never_lowers_trust(timeline: Timeline, signal: str, days: int) -> None:
    more = Event(
        type=EventType.NOTE,
        at=AS_OF - timedelta(days=days),
        signals=(Signal(id=signal, rule="drawn", start=0, end=1, quote="…"),),
    )
    one, other = judged(timeline), judged(replace(timeline, events=(*timeline.events, more)))
    if one.stage is not None and other.stage is not None and other.stage >= one.stage:
        assert other.trust.level >= one.trust.level


@given(timelines, st.sampled_from([1, 9990, 9991, 9999]))
def test_no_instant_raises(timeline: Timeline, year: int) -> None:
    assert judged(timeline, datetime(year, 12, 31, 23, tzinfo=UTC)).tactics


@many
@given(timelines)
def test_events_after_as_of_are_not_seen(timeline: Timeline) -> None:
    seen = tuple(each for each in timeline.events if each.at <= AS_OF)
    one, other = judged(timeline), judged(replace(timeline, events=seen))
    assert deciding(one) == deciding(other)


@many
@given(timelines)
def test_every_annotation_can_be_shown_and_kept(timeline: Timeline) -> None:
    found = judged(timeline)
    for lang in ("en", "zh"):
        json.dumps(render(found, BOOK, lang))
        text = reasons(found, BOOK, lang)
        assert len(text.splitlines()) <= 6
        assert "{" not in text
    assert unpacked(json.loads(json.dumps(packed(found)))).tactics == found.tactics


@many
@given(timelines, st.floats(0, 1))
def test_before_due_at_time_alone_changes_nothing(timeline: Timeline, share: float) -> None:
    timeline = replace(timeline, events=tuple(each for each in timeline.events if each.at <= AS_OF))
    found = judged(timeline)
    end = found.due_at or AS_OF + timedelta(days=700)
    assert found.due_at is None or found.due_at > AS_OF
    between = AS_OF + (end - AS_OF) * share
    if between < end:
        assert deciding(judged(timeline, between)) == [*deciding(found)]
