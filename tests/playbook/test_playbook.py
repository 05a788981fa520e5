"""The playbook that ships is whole, and a broken one says all that is wrong with it."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from crm_ext import playbook
from crm_ext.playbook import BadPlaybook, build
from crm_ext.playbook.files import FOLDER, read

IDS = {
    "phone_call",
    "first_visit",
    "create_pretext",
    "customer_seminar",
    "product_trial",
    "science_lecture",
    "meal_tea_trip",
    "first_order",
    "move_customer",
    "loyal_forum",
    "hq_visit_honour",
    "meet_family",
    "leader_reception",
    "help_in_crisis",
    "after_sales_care",
    "secure_repurchase",
    "probe_cooperation",
    "ask_referral",
    "valuable_gift",
    "set_reward_mechanism",
    "secure_referral",
    "business_cooperation",
    "push_order",
    "find_key_person",
    "wait_opportunity",
    "build_relation",
    "technical_breakthrough",
    "improve_relation",
    "raise_expectation",
    "create_success",
    "upgrade_relation",
    "high_level_selling",
    "raise_loyalty",
    "strategic_complement",
    "bilateral_lock_in",
    "top_level_coordination",
    "monitor_warn",
    "control_coordinate",
    "win_back_repair",
    "loss_reason_report",
    "let_vent",
    "apologize",
    "collect_info",
    "offer_solution",
    "ask_opinion",
    "follow_up_service",
    "rush_to_site",
    "argue_with_customer",
    "quote_policy",
}


@pytest.fixture
def documents() -> dict[str, Any]:
    return copy.deepcopy(read(FOLDER))


def test_every_fixed_tactic_is_there() -> None:
    assert set(playbook.load().tactics) >= IDS


def test_version_and_source_numbers() -> None:
    book = playbook.load()
    assert book.version == "2026.1"
    sourced = [*book.stages, *book.signals.values(), *book.markers.values(), *book.falls, *book.alerts.values()]
    sourced += [*book.tactics.values(), *book.traits, *book.library.values()]
    assert {each.source for each in sourced} <= {"000", "001", "002", "003", "004", "ours"}


def test_all_findings_stand_together_with_file_item_and_field(documents: dict[str, Any]) -> None:
    documents["tactics"]["tactics"][0].pop("text")
    documents["stages"]["stages"][1]["floor"] = "much"
    with pytest.raises(BadPlaybook) as error:
        build(documents)
    assert "tactics.yaml, item 1 (phone_call), text" in str(error.value)
    assert "stages.yaml, item 2 (1), floor" in str(error.value)


@pytest.mark.parametrize(
    ("place", "value", "finding"),
    [
        ("stages.1.acts", ["nothing"], "stages.yaml, acquaintance, acts: there is no tactic 'nothing'"),
        ("alerts.0.when", "silence >= days", "alerts.yaml, regression, when: 'silence >= days': there is no fact"),
        ("alerts.0.when", "__import__('os')", "Call has no place in a rule"),
        ("alerts.0.when", "silence >=", "is no rule"),
        ("steps.0.tactic", "push_order", "marked `never`"),
        ("signals.0.half_life_days", 0, "half_life_days: must be above 0"),
        ("signals.0.object", "weather", "there is no object 'weather'"),
        ("markers.0.id", "repeat_purchase", "stands there 2 times"),
    ],
)
def test_what_points_nowhere_is_named(documents: dict[str, Any], place: str, value: object, finding: str) -> None:
    file, index, field = place.split(".")
    documents[file][file][int(index)][field] = value
    with pytest.raises(BadPlaybook, match=re.escape(finding)):
        build(documents)


def test_a_text_needs_both_languages(documents: dict[str, Any]) -> None:
    documents["tactics"]["tactics"][0]["text"] = {"en": "Call"}
    with pytest.raises(BadPlaybook, match=r"write \{en: …, zh: …\}"):
        build(documents)


def test_the_same_documents_build_the_same_playbook(documents: dict[str, Any]) -> None:
    assert list(build(documents).tactics) == list(playbook.load().tactics)
