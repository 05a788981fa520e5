"""A company's ladder beside the stages of its people."""

from __future__ import annotations

import pytest

from crm_ext.annotate.accounts import account, kind_of, words
from crm_ext.playbook.diagnoses import accounts_of
from tests.annotate.histories import AS_OF, BOTH, PLAYBOOK, event, history, judged

ROWS = accounts_of(PLAYBOOK)


def orders(*days):
    return [event(each, "order", amount=500.0) for each in days]


def company(*people, share=None):
    found = [(each, judged(each)) for each in people]
    return account(found, PLAYBOOK, AS_OF, share)


def person(*events, title="buyer", name="p"):
    return history(*events, title=title, name=name)


MET = event(30, "meeting", direction=BOTH)
FRIEND = (
    event(150, "call", "approval_with_reasons"),
    event(60, "call", "wants_to_meet"),
    event(40, "meeting", "advocates_inside", "tried_product", direction=BOTH),
)


@pytest.mark.parametrize(
    ("people", "share", "stage"),
    [
        ([person(MET)], None, "development"),
        ([person(MET, *orders(40))], None, "initial"),
        ([person(MET, *orders(300, 240, 180, 120, 60, 5))], None, "stable"),
        ([person(MET, *orders(900, 895, 40))], None, "initial"),
        ([person(MET, *orders(40))], 0.4, "stable"),
        ([person(MET, *orders(300, 240, 180, 60), event(9, "agreement", "mechanism_agreed"))], 0.7, "strategic"),
        ([person(MET, *orders(300, 240, 180, 60))], 0.7, "stable"),
    ],
)
def test_the_ladder_follows_orders_and_share(people, share, stage):
    found = company(*people, share=share)
    assert found.stage == stage
    assert found.strategies == next(each.tactics for each in ROWS.stages if each.id == stage)


def test_the_ladder_has_four_three_three_and_three_strategies():
    assert [len(each.tactics) for each in ROWS.stages] == [4, 3, 3, 3]


def test_a_steady_account_where_nobody_trusts_us_is_the_next_step():
    found = company(person(MET, *orders(300, 240, 180, 120, 60, 5)))
    assert found.best <= 2
    assert found.conflicts[0] == "business_ahead_of_people"
    assert found.next_step == "improve_relation"


def test_a_friend_in_an_account_that_buys_little_is_a_conflict():
    found = company(person(*FRIEND), person(MET, name="q"))
    assert found.best == 3
    assert "people_ahead_of_business" in found.conflicts


def test_a_single_thread_is_flagged_whatever_the_stage():
    assert "single_thread" in company(person(*FRIEND), share=0.9).conflicts
    assert "single_thread" not in company(person(MET), person(MET, name="q")).conflicts


@pytest.mark.parametrize(
    ("titles", "geometry"),
    [
        (["buyer"], "point"),
        (["buyer", "buyer"], "point"),
        (["buyer", "head of purchasing"], "line"),
        (["buyer", "production manager", "engineer"], "plane"),
        (["buyer", "production manager", "engineer", "CEO"], "body"),
        (["采购员", "生产部经理", "工程师", "总经理"], "body"),
        (["采购员", "采购经理"], "line"),
    ],
)
def test_geometry_counts_people_levels_and_departments(titles, geometry):
    people = [person(MET, title=each, name=str(i)) for i, each in enumerate(titles)]
    assert company(*people).geometry == geometry


def test_who_is_silent_for_half_a_year_does_not_count():
    old = person(event(300, "meeting", direction=BOTH), title="CEO", name="q")
    assert company(person(MET), old).engaged == 1


def test_orders_that_come_late_are_seen():
    assert "going_quiet" in company(person(MET, *orders(400, 370, 340, 310))).conflicts


@pytest.mark.parametrize(
    ("title", "level", "function"),
    [
        ("Chief Financial Officer", "executive", "finance"),
        ("Head of Procurement", "management", "purchasing"),
        ("lab technician", "staff", "technical"),
        ("财务总监", "executive", "finance"),
        ("车间主任", "management", "production"),
        ("", None, None),
    ],
)
def test_titles_tell_level_and_function(title, level, function):
    assert (kind_of(title, ROWS.levels), kind_of(title, ROWS.functions)) == (level, function)


def test_both_ladders_are_shown_and_never_mixed():
    told = words(company(person(*FRIEND), person(MET, name="q")), PLAYBOOK, "zh")
    assert told["stage"]["name"] == "客户开发"
    assert told["best_person_stage"] == 3
    assert told["next_step"]["text"]
