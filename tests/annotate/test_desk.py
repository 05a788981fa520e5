"""What a reply to somebody who complains must not say, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_ext.annotate.desk import case, check_reply
from crm_ext.domain.events import Direction, Event, EventType, Signal, Timeline
from crm_ext.playbook import load
from crm_ext.playbook.diagnoses import desk_of

PLAYBOOK = load()
REPORTED = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)

FORBIDDEN = {
    "you_may_not_know": [
        "您可能不知道，这款机器要先充电。",
        "您可能还不太清楚我们的情况。",
        "你也许并不了解这个行业。",
        "您可能没搞清楚状况。",
        "You obviously have no idea how this works.",
        "You may not know that the device has to charge first.",
        "You probably don't know our terms.",
        "Perhaps you do not realise how busy we are.",
        "You might simply not be aware of this.",
    ],
    "you_are_mistaken": [
        "您肯定弄错了，我们发的是蓝色的。",
        "您肯定是把型号弄错了吧。",
        "你搞错了。",
        "您一定是看错日期了。",
        "You must be mistaken about the date.",
        "You've clearly got it wrong.",
        "I think you have misunderstood our offer.",
        "You are wrong.",
        "I'm afraid you've made a mistake.",
        "您肯定记错日子了。",
    ],
    "you_should": [
        "您应该先看说明书再操作。",
        "您当时应当仔细检查。",
        "You really should check the cable.",
        "You ought to read the manual.",
    ],
    "you_should_have": [
        "您早就应该告诉我们的。",
        "You should have read the manual first.",
        "You should not have opened the case.",
        "You should've called us sooner.",
    ],
    "we_will_not": [
        "我们不会退款的。",
        "我们是绝对不会给退的。",
        "我们公司不会承担运费。",
        "We won't refund you.",
        "We will certainly not pay for that.",
        "We are not going to replace it.",
        "We won't be able to help you.",
    ],
    "we_would_never": ["我们的产品绝对不会坏。", "我们怎么可能发错货？", "We would never sell you a broken one."],
    "we_never": [
        "我们从没收到过您的邮件。",
        "我们公司从来没有出过这种问题！",
        "We never received your e-mail.",
        "We've never had this problem before.",
    ],
    "we_cannot_possibly": [
        "我们今天不可能送到。",
        "我们根本不可能同意。",
        "We cannot possibly deliver today.",
        "It is impossible for us to deliver today.",
    ],
    "anger_does_not_help": [
        "您发这么大的脾气也解决不了问题。",
        "你这样吵闹也没用。",
        "Getting so angry won't solve anything.",
        "Your shouting does not help.",
        "您这么生气有什么用？",
        "There's no point in getting angry.",
    ],
    "vent_or_solve": [
        "您是来发脾气的还是来解决问题的？",
        "您到底是来吵架的，还是想解决问题？",
        "Are you here to let off steam or to solve the problem?",
        "您到底想解决问题还是想吵架？",
        "Do you want to argue or do you want a solution?",
    ],
    "that_is_impossible": ["这是不可能的。", "这根本就不可能！", "That's impossible.", "That is simply not possible."],
    "do_not_swear": [
        "请您不要骂人。",
        "请您别再说脏话了。",
        "Please don't swear at me.",
        "There is no need for that language.",
    ],
    "do_not_shout": [
        "您不要叫。",
        "请您先别喊了。",
        "Please do not shout.",
        "Please calm down.",
        "Stop raising your voice.",
    ],
}

CAUTIONS = {
    "quote_policy": ["按照公司规定，退款要14天。", "According to our policy, refunds take 14 days."],
    "quote_policy_against": ["公司规定不能退货。", "Our policy does not allow refunds."],
    "blame_others": ["这不是我们的原因。", "That is not our fault."],
    "facts_first": ["事实是，货已经签收。", "The fact is that it was delivered."],
    "but": ["很抱歉，但是今天没有人。", "I am sorry, but nobody is in today."],
    "over_promise": ["我们保证明天送到。", "I guarantee that it will arrive tomorrow."],
    "over_certain": ["他一定会来。", "It will definitely arrive tomorrow."],
}

INNOCENT = [
    "非常抱歉让您久等了，我们不会再让这种事发生。",
    "您没有弄错，是我们发错了。",
    "您应该会在周五收到新货。",
    "您说“你们从没回过电话”，我很抱歉，我们马上查。",
    "客户原话：「你们肯定是弄错了，这是不可能的」",
    "我知道您应收的货还没有到。",
    "我们今天就给您换一台新的，您看这样可以吗？",
    "您慢慢说，我在听。",
    "您知道的情况请告诉我，我们一起核对。",
    "我们会一直跟进，直到解决。",
    "谢谢您指出来，错在我们。",
    "I am sorry you received the wrong item; you should receive the right one on Friday.",
    "You should never have been treated like this.",
    'You wrote "that\'s impossible, you should pay", and I understand why.',
    "> You must be mistaken, we never got it.\nThank you for writing.",
    "We will not rest until it works.",
    "We won't let you down again.",
    "If you should need anything, please call me.",
    "You are right that we made a mistake.",
    "Tell me what happened; I am listening.",
    "I know how you feel, and I am sorry.",
    "May I check the serial number with you?",
    "You have been very patient.",
]


def rows(table):
    return [(name, draft) for name, drafts in table.items() for draft in drafts]


@pytest.mark.parametrize(("phrase", "draft"), rows(FORBIDDEN))
def test_each_forbidden_phrase_is_found_with_words_in_between(phrase, draft):
    found = check_reply(draft, PLAYBOOK).findings
    assert phrase in [each.id for each in found]
    hit = next(each for each in found if each.id == phrase)
    assert hit.kind == "forbidden"
    assert draft[hit.start : hit.end].strip() == hit.quote


@pytest.mark.parametrize(("phrase", "draft"), rows(CAUTIONS))
def test_cautions_are_told_apart_from_forbidden_phrases(phrase, draft):
    assert [(each.id, each.kind) for each in check_reply(draft, PLAYBOOK).findings] == [(phrase, "caution")]


@pytest.mark.parametrize("draft", INNOCENT)
def test_what_is_well_said_or_quoted_is_left_alone(draft):
    reply = check_reply(draft, PLAYBOOK)
    assert reply.findings == ()
    assert reply.rewrite == draft


@pytest.mark.parametrize(("_", "draft"), rows(FORBIDDEN) + rows(CAUTIONS))
def test_the_rewrite_has_nothing_left_to_find(_, draft):
    rewrite = check_reply(draft, PLAYBOOK).rewrite
    assert rewrite != draft
    assert check_reply(rewrite, PLAYBOOK).findings == ()


@pytest.mark.parametrize(
    ("draft", "kept"),
    [
        ("您可能不知道，这款机器要先充电。", "这款机器要先充电"),
        ("我们不会退款的。", "退款"),
        ("按照公司规定，退款要14天。", "退款要14天"),
        ("You may not know that the device has to charge first.", "the device has to charge first"),
        ("We cannot possibly deliver today.", "deliver today"),
        ("We never received your e-mail.", "we received your e-mail"),
        ("You should have read the manual first.", "read the manual first"),
    ],
)
def test_the_rewrite_keeps_what_was_meant(draft, kept):
    assert kept in check_reply(draft, PLAYBOOK).rewrite


def test_the_eleven_phrases_stand_in_eight_groups():
    groups = {each.group for each in desk_of(PLAYBOOK).phrases if each.kind == "forbidden"}
    assert groups == set(range(1, 9))
    assert set(FORBIDDEN) | set(CAUTIONS) == {each.id for each in desk_of(PLAYBOOK).phrases}


def test_reasons_come_in_the_language_asked_for():
    draft = "这是不可能的。"
    assert "liar" in check_reply(draft, PLAYBOOK, "en").findings[0].why
    assert "撒谎" in check_reply(draft, PLAYBOOK, "zh").findings[0].why


pieces = st.sampled_from([draft for _, draft in rows(FORBIDDEN) + rows(CAUTIONS)] + INNOCENT)


@given(st.lists(pieces, max_size=5).map(" ".join) | st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_draft_of_any_kind_raises_and_places_are_right(draft):
    for each in check_reply(draft, PLAYBOOK).findings:
        assert draft[each.start : each.end].strip() == each.quote


def test_a_solution_before_they_had_their_say_is_too_early():
    draft = "我们明天给您换一台新的。"
    assert len(check_reply(draft, PLAYBOOK, "zh").warnings) == 2
    assert check_reply(draft, PLAYBOOK, "zh", done={"let_vent", "apologize"}).warnings == ()
    assert check_reply("Tell me everything. I am sorry. We will replace it.", PLAYBOOK).warnings == ()


def event(minutes: int, text: str = "", type_: EventType = EventType.CALL, *signals: str, ours: bool = True) -> Event:
    return Event(
        type=type_,
        at=REPORTED + timedelta(minutes=minutes),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        text=text,
        signals=tuple(Signal(id=each, rule="", start=0, end=0, quote=text) for each in signals),
    )


COMPLAINT = event(0, "The pump leaks again!", EventType.COMPLAINT, ours=False)


def test_the_clock_counts_minutes_against_the_customers_time():
    found = case(Timeline(id="c", events=(COMPLAINT,)), PLAYBOOK, REPORTED + timedelta(minutes=95))
    assert (found.minutes, found.open, found.late, found.next) == (95, True, None, "let_vent")
    wanted = REPORTED + timedelta(hours=1)
    assert case(Timeline(id="c", events=(COMPLAINT,)), PLAYBOOK, REPORTED + timedelta(minutes=95), wanted).late


def test_the_clock_stops_when_it_is_settled():
    settled = event(50, "All is well now", EventType.CALL, "complaint_resolved", ours=False)
    found = case(Timeline(id="c", events=(settled, COMPLAINT)), PLAYBOOK, REPORTED + timedelta(days=3))
    assert (found.minutes, found.open) == (50, False)


def test_steps_are_ticked_by_what_we_said_and_not_by_what_they_said():
    said = event(10, "Let him talk: I said I am listening, and that I am sorry.")
    theirs = event(20, "You could at least say sorry and refund me", ours=False)
    found = case(Timeline(id="c", events=(COMPLAINT, theirs, said)), PLAYBOOK, REPORTED + timedelta(hours=1))
    assert {name for name, at in found.ticks.items() if at is not None} == {"let_vent", "apologize"}
    assert (found.ticks["apologize"], found.next) == (2, "collect_info")


def test_a_cold_complainer_alarms_more_than_a_loud_one():
    def reaction(name: str) -> int:
        shown = event(5, "whatever", EventType.CALL, name, ours=False)
        return case(Timeline(id="c", events=(COMPLAINT, shown)), PLAYBOOK, REPORTED + timedelta(hours=1)).alarm

    assert reaction("reaction_apathy") > reaction("reaction_attack") > 1


def test_there_is_no_case_without_a_complaint():
    assert case(Timeline(id="c", events=(event(0, "hello"),)), PLAYBOOK, REPORTED) is None
