"""Relationship tension and task tension: four zones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_ext.annotate.tension import tension, words
from tests.annotate.histories import BOTH, OUT, PLAYBOOK, event, history, judged

MEETINGS = tuple(event(days, "meeting", direction=BOTH) for days in (90, 60, 30))
PRESSING = (
    event(20, "call", "asked_about_price", "discussed_business"),
    event(10, "deal_stage", direction=OUT),
    event(8, "call", "promise_made", direction=OUT),
)


def zone(*events):
    timeline = history(*events)
    return tension(timeline, PLAYBOOK, judged(timeline))


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ((event(5, "meeting", direction=BOTH),), "warm_up"),
        ((event(5, "call", direction=OUT),), "warm_up"),
        (MEETINGS, "pleasant_but_idle"),
        ((*MEETINGS, *PRESSING), "ask_for_commitment"),
        (PRESSING, "slow_down"),
        ((event(30, "meeting", direction=BOTH), *PRESSING), "slow_down"),
    ],
)
def test_zones(events, wanted):
    assert zone(*events).zone == wanted


def test_an_open_complaint_makes_a_warm_relationship_tense():
    calm = zone(*MEETINGS)
    assert zone(*MEETINGS, event(3, "complaint", "complaint_made")).relation > calm.relation


def test_nobody_tried_is_no_zone():
    assert zone() is None


urgent = st.sampled_from(
    [
        "asked_about_price",
        "asks_discount",
        "discussed_business",
        "mechanism_proposed",
        "promise_made",
        "plain_agreement",
    ]
)


@given(st.lists(st.tuples(st.floats(0, 300), urgent), max_size=12))
@settings(deadline=None)
def test_a_first_meeting_never_leads_to_asking_for_commitment(more):
    events = [event(days, "call", signal) for days, signal in more]
    found = zone(event(40, "meeting", direction=BOTH), *events)
    assert found.zone in {"warm_up", "slow_down"}
    assert 0 <= found.relation <= 1
    assert 0 <= found.task <= 1


def test_advice_is_told_in_both_languages():
    found = zone(*MEETINGS)
    assert words(found, PLAYBOOK, "en")["zone"]["remedy"] != words(found, PLAYBOOK, "zh")["zone"]["remedy"]
