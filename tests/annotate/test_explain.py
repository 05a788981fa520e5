"""An annotation in words: complete, short, in both languages, and adding up."""

from __future__ import annotations

import re

import pytest

from crm_ext import playbook
from crm_ext.annotate import annotate
from crm_ext.annotate.explain import reasons, render
from crm_ext.annotate.timeline import moment, parse
from crm_ext.domain.annotation import Annotation

BOOK = playbook.load()
LINE = {
    "id": "c-1",
    "language": "en",
    "contact": {"name": "Clara Winslow", "kind": "individual"},
    "events": [
        {
            "type": "meeting",
            "direction": "mutual",
            "at": "2026-05-02",
            "signals": ["attended_event", "shared_personal"],
        },
        {"type": "call", "direction": "outbound", "at": "2026-06-12", "signals": ["willing_to_continue"]},
        {"type": "call", "direction": "inbound", "at": "2026-06-14", "signals": ["returned_call", "asked_about_price"]},
        {"type": "visit", "direction": "outbound", "at": "2026-06-20", "signals": ["tried_product", "hospitality"]},
    ],
}


@pytest.fixture
def annotation() -> Annotation:
    return annotate(parse(LINE), BOOK, moment("2026-06-30"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_reasons_are_five_lines_and_the_rest_that_add_up_to_the_level(annotation: Annotation, lang: str) -> None:
    lines = reasons(annotation, BOOK, lang).splitlines()
    assert len(lines) == 6
    weights = [float(re.search(r"[+-]\d+\.\d", line)[0]) for line in lines]
    assert round(sum(weights), 1) == annotation.trust.level


def test_not_enough_evidence_is_said() -> None:
    nothing = annotate(parse({"id": "c-2", "events": []}), BOOK, moment("2026-06-30"))
    assert (nothing.stage, nothing.enough_evidence) == (None, False)
    assert reasons(nothing, BOOK, "en") == "Not enough evidence yet: log one contact to judge."


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_rendered_annotation_has_every_field_of_the_format(annotation: Annotation, lang: str) -> None:
    shown = render(annotation, BOOK, lang)
    assert {
        "id", "stage", "stage_name", "enough_evidence", "confidence", "trust", "buying_role", "personality", "value",
        "alerts", "tactics", "avoid", "evidence", "missing", "playbook", "as_of",
    } <= set(shown)  # fmt: skip
    assert all(step[key] for step in shown["tactics"] for key in ("id", "text", "why", "how", "expect", "due"))
    assert all(each["id"] and each["why"] for each in shown["avoid"])
    assert all(each["marker"] and each["object"] and each["event"] is not None for each in shown["evidence"][:1])


def test_a_sentence_has_no_open_gaps() -> None:
    events = [{"type": "call", "direction": "outbound", "at": f"2026-0{month}-01"} for month in range(1, 6)]
    found = annotate(parse({"id": "c-3", "events": events}), BOOK, moment("2026-06-30"))
    whys = [step["why"] for step in render(found, BOOK, "en")["tactics"]]
    assert whys[0].startswith("5 attempts without an answer")
    assert not [why for why in whys if "{" in why]
