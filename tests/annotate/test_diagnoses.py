"""Why no purchase and why no referral: one leading cause, with quotes, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_ext.annotate.causes import diagnose, words
from crm_ext.playbook.diagnoses import trees_of
from tests.annotate.histories import BOTH, OUT, PLAYBOOK, event, history, judged

VISIT = event(60, "visit", "asked_about_product", direction=BOTH, text="asked how it works")


def asked(question, *events):
    timeline = history(*events)
    return diagnose(question, timeline, PLAYBOOK, judged(timeline))


def why_no_purchase(*events):
    return asked("no_purchase", *events)


def why_no_referral(*events):
    return asked("no_referral", *events)


@pytest.mark.parametrize(
    ("signal", "cause", "quote"),
    [
        ("lacks_trust", "trust", "我已经习惯和别人往来"),
        ("lacks_trust", "trust", "we were cheated once before"),
        ("lacks_need", "need", "还有更紧急的问题"),
        ("lacks_need", "need", "other things come first this year"),
        ("lacks_help", "help", "没有对症下药"),
        ("lacks_help", "help", "I don't see what it is good for"),
        ("lacks_satisfaction", "satisfaction", "会不会又当冤大头"),
        ("lacks_satisfaction", "satisfaction", "will they keep their word?"),
        ("complaint_made", "satisfaction", "the pump leaks"),
        ("promise_broken", "satisfaction", "说好周一到的，没到"),
    ],
)
def test_what_they_said_names_the_cause_and_is_quoted(signal, cause, quote):
    found = why_no_purchase(VISIT, event(10, "call", signal, text=quote))
    assert found.cause == cause
    answer = next(each for each in found.answers if each.id == cause)
    assert (answer.state, answer.quotes[0].text, answer.quotes[0].event) == ("said", quote, 1)


def test_trust_comes_before_need_before_help_before_satisfaction():
    said = [event(10, "call", each) for each in ("lacks_satisfaction", "lacks_help", "lacks_need", "lacks_trust")]
    for left, cause in ((4, "trust"), (3, "need"), (2, "help"), (1, "satisfaction")):
        assert why_no_purchase(VISIT, *said[:left]).cause == cause


def test_what_was_overcome_since_is_no_cause_any_more():
    doubt = event(50, "call", "lacks_trust", text="never dealt with you")
    praise = event(
        5, "call", "approval_with_reasons", "trust_in_person", "tried_product", text="saved us two hours a day"
    )
    assert why_no_purchase(VISIT, doubt).cause == "trust"
    assert why_no_purchase(VISIT, doubt, praise).cause != "trust"


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ((event(20, "call", "willing_to_continue"),), "trust"),
        ((event(20, "call", "approval_with_reasons"),), "need"),
        ((event(20, "call", "approval_with_reasons", "discussed_business"),), "satisfaction"),
    ],
)
def test_without_words_of_theirs_the_records_suggest_the_first_that_is_wanting(events, cause):
    found = why_no_purchase(*events)
    assert found.cause == cause
    assert next(each for each in found.answers if each.id == cause).state == "likely"


def test_who_buys_needs_no_reason():
    assert why_no_purchase(VISIT, event(10, "order", amount=80.0)).cause == "buys"


@pytest.mark.parametrize("question", list(trees_of(PLAYBOOK)))
@pytest.mark.parametrize("events", [(), (event(9, "call", direction=OUT, text="Left voicemail"),)])
def test_without_any_reaction_two_facts_are_asked_for(question, events):
    found = asked(question, *events)
    assert (found.cause, found.answers) == (None, ())
    for lang in ("en", "zh"):
        told = words(found, PLAYBOOK, lang)
        assert (told["enough_evidence"], len(told["ask"])) == (False, 2)


def test_courtesies_without_explanation_are_pleasing():
    gifts = [event(days, "gift", direction=OUT) for days in (30, 20)]
    reply = event(10, "message", "praise_without_reason")
    assert "pleasing_is_not_explaining" in [each.id for each in why_no_purchase(*gifts, reply).notes]
    trial = event(15, "meeting", "tried_product", direction=BOTH)
    assert "pleasing_is_not_explaining" not in [each.id for each in why_no_purchase(*gifts, trial, reply).notes]


TRUSTING = (
    event(200, "order", amount=300.0),
    event(150, "call", "approval_with_reasons", text="the filter saved us the plumber"),
    event(120, "order", amount=300.0),
    event(60, "call", "wants_to_meet", text="when do you come again?"),
    event(40, "meeting", "advocates_inside", direction=BOTH, text="I told my boss to take yours"),
)
DEAL = event(30, "agreement", "mechanism_agreed", text="ten per cent on every sale")


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ((), "no_mechanism"),
        ((event(9, "call", "referral_refused", text="我不想麻烦朋友"),), "no_own_benefit"),
        ((DEAL,), "no_own_benefit"),
        ((DEAL, event(5, "call", "mechanism_lived", text="paid out the first share")), "not_asked"),
        ((event(9, "referral", text="sent her sister"),), "refers"),
    ],
)
def test_at_trust_there_is_exactly_one_reason(more, cause):
    timeline = history(*TRUSTING, *more)
    assert judged(timeline).stage >= 3
    assert diagnose("no_referral", timeline, PLAYBOOK, judged(timeline)).cause == cause


def test_a_bond_without_any_business_is_no_tie():
    bond = [
        event(90, "meeting", "tried_product", "approval_with_reasons", direction=BOTH),
        event(60, "call", "wants_to_meet", text="盼着你来"),
        event(30, "call", "advocates_inside", "defends_us", text="替你们说了好话"),
    ]
    timeline = history(*bond)
    assert judged(timeline).stage == 3
    assert diagnose("no_referral", timeline, PLAYBOOK, judged(timeline)).cause == "bond_without_tie"


def test_below_trust_nobody_is_asked_for_referrals():
    found = why_no_referral(VISIT)
    assert found.cause == "not_trusted_enough"
    tree = trees_of(PLAYBOOK)["no_referral"]
    tactics = next(each for each in tree.causes if each.id == "not_trusted_enough").tactics
    assert not {"ask_referral", "secure_referral", "set_reward_mechanism"} & set(tactics)


def test_the_answer_is_told_in_both_languages():
    found = why_no_purchase(VISIT, event(10, "call", "lacks_need", text="以后再说"))
    english, chinese = words(found, PLAYBOOK, "en"), words(found, PLAYBOOK, "zh")
    assert "need" in english["cause"]["name"]
    assert "需要" in chinese["cause"]["name"]
    assert english["cause"]["tactics"][0]["text"] != chinese["cause"]["tactics"][0]["text"]


happenings = st.builds(
    event,
    st.floats(-10, 900),
    st.sampled_from(["call", "visit", "order", "gift", "deal_stage", "agreement", "note", "complaint"]),
    st.sampled_from(sorted(PLAYBOOK.signals)),
    text=st.text(max_size=8),
)


@given(st.lists(happenings, max_size=8), st.sampled_from(sorted(trees_of(PLAYBOOK))))
@settings(deadline=None)
def test_every_history_has_one_answer_or_a_question(events, question):
    found = asked(question, *events)
    told = words(found, PLAYBOOK)
    assert (told["cause"] is None) == bool(told["ask"])
    if found.cause:
        assert [each.id for each in found.answers].count(found.cause) == 1
