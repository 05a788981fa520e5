"""What the records show: stages, alerts and money, told by types and by signals alike."""

from __future__ import annotations

from typing import Any

import pytest

from crm_ext import playbook
from crm_ext.annotate import annotate
from crm_ext.annotate.timeline import BadTimeline, moment, parse
from crm_ext.domain.annotation import Annotation, Stage

AS_OF = "2026-06-30"


def event(days: str, type_: str, direction: str = "inbound", *signals: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "direction": direction, "at": days, "signals": list(signals), **more}


def judged(*events: dict[str, Any], kind: str = "individual") -> Annotation:
    line = {"id": "c", "contact": {"kind": kind}, "events": list(events)}
    return annotate(parse(line), playbook.load(), moment(AS_OF))


ORDERS = [event(f"2026-0{month}-05", "order", amount=100) for month in (1, 2, 4, 6)]


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        ([], None),
        ([event("2026-06-01", "email", "outbound", "automated_mail")], None),
        ([event("2026-06-01", "email", "outbound")], Stage.ACQUAINTANCE),
        ([event("2026-06-01", "call", "outbound", "refuses_contact")], Stage.STRANGER),
        ([event("2026-06-01", "order", amount=90_000)], Stage.ACQUAINTANCE),
        (ORDERS, Stage.INTERACTION),
        ([event("2026-06-01", "call", "inbound", "approval_with_reasons")], Stage.INTERACTION),
        ([*ORDERS, event("2026-06-10", "referral")], Stage.TRUST),
        ([*ORDERS, event("2026-06-10", "call", "inbound", "referral_made")], Stage.TRUST),
        ([*ORDERS, event("2026-02-10", "agreement", "mutual")], Stage.INTERACTION),
        ([*ORDERS, event("2026-02-10", "agreement", "mutual"), event("2026-03-10", "referral")], Stage.ALLIANCE),
        (
            [*ORDERS, event("2026-02-10", "agreement", "mutual", "plain_agreement"), event("2026-03-10", "referral")],
            Stage.TRUST,
        ),
    ],
)
def test_stage_by_markers(events: list[dict[str, Any]], stage: Stage | None) -> None:
    assert judged(*events).stage == stage


def test_a_broken_agreement_takes_the_alliance_away() -> None:
    before = [*ORDERS, event("2026-02-10", "agreement", "mutual"), event("2026-03-10", "referral")]
    broken = judged(*before, event("2026-06-20", "note", "internal", "mechanism_broken"))
    assert broken.stage == Stage.INTERACTION
    assert "regression" in broken.alerts
    assert broken.tactics[0].id == "win_back_repair"
    restored = judged(
        *before,
        event("2026-06-20", "note", "internal", "mechanism_broken"),
        event("2026-06-25", "note", "internal", "mechanism_restored"),
    )
    assert (restored.stage, restored.alerts) == (Stage.ALLIANCE, ())


def test_a_complaint_is_no_fall_but_silence_about_it_is() -> None:
    fresh = judged(*ORDERS[:3], event("2026-06-25", "complaint"))
    assert (fresh.stage, fresh.alerts) == (Stage.INTERACTION, ("complaint",))
    assert fresh.tactics[0].id == "let_vent"
    left = judged(*ORDERS[:3], event("2026-06-01", "complaint"))
    assert (left.stage, set(left.alerts)) == (Stage.ACQUAINTANCE, {"complaint", "regression"})
    settled = judged(*ORDERS[:3], event("2026-06-01", "complaint", closed_at="2026-06-03"))
    assert (settled.stage, settled.alerts) == (Stage.INTERACTION, ())


def test_praise_that_is_never_paid_is_no_trust() -> None:
    debtor = judged(
        event("2025-02-01", "order", "inbound", amount=700),
        event("2025-05-01", "note", "internal", "non_payment"),
        event("2025-09-01", "order", "inbound", amount=650),
        event("2026-01-15", "note", "internal", "non_payment"),
        event("2026-06-01", "message", "inbound", "approval_with_reasons"),
    )
    assert debtor.stage == Stage.ACQUAINTANCE
    assert debtor.trust.band == "low"
    assert "non_payment" in debtor.alerts


def test_an_order_told_in_a_note_is_not_counted_twice() -> None:
    told = event("2026-06-04", "meeting", "mutual", "order_placed")
    assert judged(event("2026-06-05", "order", amount=10), told).stage == Stage.ACQUAINTANCE


def test_events_after_as_of_are_not_seen() -> None:
    assert judged(*ORDERS, event("2026-07-01", "referral")).stage == Stage.INTERACTION


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "a JSON object"),
        ({"events": []}, "id: missing"),
        ({"id": "a", "events": {}}, "events: a list"),
        ({"id": "a", "events": [{"type": "call"}]}, "events[0].at"),
        ({"id": "a", "events": [{"at": "soon"}]}, "events[0].at: 'soon' is no date"),
        ({"id": "a", "events": [{"at": "2026-01-01", "amount": "much"}]}, "events[0].amount"),
        ({"id": "a", "events": [{"at": "2026-01-01", "text": 7}]}, "events[0].text"),
    ],
)
def test_a_line_that_is_no_timeline_says_where(line: Any, said: str) -> None:
    with pytest.raises(BadTimeline) as error:
        parse(line)
    assert said in str(error.value)
