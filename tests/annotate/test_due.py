"""When trust leaves its band by time alone: worked out, and looked for day by day."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_ext.annotate.compiled import compiled
from crm_ext.annotate.due import leaves_band
from crm_ext.annotate.fold import Line
from crm_ext.annotate.judge import Judged
from crm_ext.annotate.trust import MOST, trust
from crm_ext.domain.annotation import Band
from crm_ext.playbook.facts import NEVER
from tests.annotate.histories import AS_OF, PLAYBOOK

ALLOWANCE, DIMINISHING, WITHIN = 30.0, PLAYBOOK.parameters["diminishing"], 400
ROWS = [each for each in compiled(PLAYBOOK).signals.values() if each.weight]
seen = st.lists(st.tuples(st.sampled_from(ROWS), st.integers(0, 300)), min_size=1, max_size=8)


def judged(lines: list[Line], later: float = 0.0) -> Judged:
    aged = [line._replace(age=line.age + later) for line in lines]
    found, evidence = trust(aged, ALLOWANCE, DIMINISHING, 0.0, MOST)
    return Judged(3, found, evidence, 0.0, MOST)


def band(lines: list[Line], later: float = 0.0) -> Band:
    return judged(lines, later).trust.band


@settings(max_examples=100, deadline=None)
@given(seen)
def test_no_change_of_band_comes_before_it_is_said(drawn: list[tuple[object, int]]) -> None:
    lines = [
        Line(row, float(age), AS_OF - timedelta(days=age), i, None, None)  # type: ignore[arg-type]  # a SignalRow
        for i, (row, age) in enumerate(drawn)
    ]
    said = leaves_band(judged(lines), lines, ALLOWANCE, DIMINISHING, WITHIN)
    left = next((day for day in range(1, WITHIN) if band(lines, day) is not band(lines)), NEVER)
    assert said <= left


def test_a_level_that_stays_low_asks_for_no_look() -> None:
    row = next(each for each in ROWS if each.weight < 0)
    lines = [Line(row, 0.0, AS_OF, 0, None, None)]
    assert leaves_band(judged(lines), lines, ALLOWANCE, DIMINISHING, WITHIN) == NEVER
