"""The loss report and the promise ledger."""

from __future__ import annotations

import pytest

from crm_ext.annotate.loss import report, words
from crm_ext.annotate.promises import kept_share, promises
from crm_ext.domain.annotation import Stage
from crm_ext.playbook.diagnoses import loss_of
from tests.annotate.histories import AS_OF, OUT, PLAYBOOK, event, history, judged

BOUGHT = (event(420, "order", amount=90.0), event(390, "order", amount=90.0))
CARED_FOR = tuple(event(days, "call", direction=OUT) for days in (80, 50, 20))
LEFT_ALONE = ("complaint_made", "complaint_mishandled", "order_cancelled")


def lost(*events):
    timeline = history(*events)
    return report(timeline, PLAYBOOK, judged(timeline))


@pytest.mark.parametrize(
    ("last", "cause"),
    [
        (event(20, "note", "customer_gone", text="His son called: he passed away in May."), "died"),
        (event(20, "note", "customer_gone", text="老人家上个月去世了"), "died"),
        (event(20, "note", "customer_gone", text="They moved to another city."), "moved_away"),
        (event(20, "note", "customer_gone", text="店已经关门停业"), "moved_away"),
        (event(20, "call", "competitor_chosen", text="signed with the other firm"), "influenced"),
        (event(20, "call", "price_only", "order_cancelled", text="别家便宜一半"), "price"),
        (event(20, "call", "complaint_made", "complaint_resolved", "order_cancelled", text="leaks"), "quality"),
        (event(20, "call", *LEFT_ALONE, text="nobody called back"), "indifference"),
    ],
)
def test_each_of_the_six_causes_comes_with_its_quote(last, cause):
    found = lost(*BOUGHT, *CARED_FOR, last)
    assert (found.lost, found.cause) == (True, cause)
    assert last.text in [each.text for answer in found.answers if answer.id == cause for each in answer.quotes]


def test_a_customer_left_alone_is_seen_by_the_contacts_that_stopped():
    often = tuple(event(days, "call", direction=OUT) for days in range(120, 420, 15))
    found = lost(*BOUGHT, *often)
    assert (found.cause, found.touches_last) == ("indifference", 0)
    assert found.touches_norm > 4


def test_what_is_not_shown_is_said_to_be_so():
    found = lost(*BOUGHT, *CARED_FOR)
    assert found.cause is None
    assert {each.state for each in found.answers} == {"not_shown"}


def test_who_still_buys_is_not_lost():
    assert not lost(*(event(days, "order", amount=50.0) for days in (90, 60, 30, 2))).lost


def test_unanswered_questions_and_time_to_reply():
    asked = (event(80, "email"), event(40, "email"))
    reply = event(79.5, "email", direction=OUT)
    found = lost(*BOUGHT, *asked, reply)
    assert (found.unanswered, found.reply_hours) == (1, 12.0)


def test_the_path_holds_each_change_of_stage():
    found = lost(event(200, "call", direction=OUT), event(100, "call", "approval_with_reasons"))
    assert [stage for _, stage in found.path][:2] == [Stage.ACQUAINTANCE, Stage.INTERACTION]


def test_the_shares_are_the_trainings_claims_and_add_up():
    assert sum(each.share for each in loss_of(PLAYBOOK).causes) == 100
    told = words(lost(*BOUGHT, *CARED_FOR), PLAYBOOK, "zh")
    assert told["status"] == "draft"
    assert {each["training_claim_percent"] for each in told["causes"]} == {1, 3, 5, 9, 14, 68}


def test_a_promise_is_open_until_it_is_kept_or_broken():
    given = [event(30, "call", "promise_made", text="A"), event(20, "call", "promise_made", text="B")]
    assert [each.state for each in promises(history(*given), AS_OF)] == ["open", "open"]
    kept = event(15, "call", "promise_kept", text="delivered")
    late = event(5, "call", "promise_broken", text="forgot")
    ledger = promises(history(late, *given, kept), AS_OF)
    assert [(each.text, each.state) for each in ledger] == [("A", "kept"), ("B", "broken")]
    assert kept_share(ledger) == 0.5
    assert kept_share(promises(history(*given), AS_OF)) is None


def test_a_broken_word_that_nobody_noted_before_counts():
    ledger = promises(history(event(5, "call", "promise_broken", text="said Monday")), AS_OF)
    assert [(each.state, each.text) for each in ledger] == [("broken", "said Monday")]


@pytest.mark.parametrize(
    "events",
    [
        (event(30, "call", "refuses_contact"), event(20, "call", "competitor_chosen")),
        (event(400, "order", amount=90.0), event(20, "referral"), event(10, "message", "approval_with_reasons")),
    ],
)
def test_who_never_was_a_customer_or_still_talks_to_us_is_not_lost(events):
    assert (lost(*events).lost, lost(*events).cause) == (False, None)
