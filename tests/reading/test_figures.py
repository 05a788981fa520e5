"""Floors under precision and recall on labelled sentences, both halves; `make reading` prints the figures."""

import pytest

from crm_ext.reading import load
from tests.reading.report import labelled, score, total

RECALL, PRECISION, SILENT = 0.87, 0.90, 0.82
IMPORTANT = [
    "willing_to_continue",
    "refuses_contact",
    "approval_with_reasons",
    "wants_to_meet",
    "referral_made",
    "mechanism_agreed",
    "competitor_chosen",
    "complaint_made",
    "non_payment",
    "order_placed",
]


@pytest.fixture(scope="module")
def reader():
    return load()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("half", ["dev", "heldout"])
def test_floors(reader, half, language):
    cases = labelled(half, language)
    assert len(cases) > 500
    table = score(reader, cases)
    every = total(table)
    assert every.recall >= RECALL
    assert every.precision >= PRECISION
    assert every.specificity >= SILENT
    assert {name: table[name].recall for name in IMPORTANT if table[name].recall < 0.6} == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_halves_share_no_sentence(language):
    halves = [{(each.signal, each.text.text) for each in labelled(half, language)} for half in ("dev", "heldout")]
    assert not halves[0] & halves[1]
