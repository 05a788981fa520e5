"""Agreement with labelled cases does not fall below what was reached."""

from __future__ import annotations

from functools import cache

import pytest

from tests.gold.scoring import SETS, Pairs, cases, judged, score, with_signals

FLOORS = {
    "shared typed": {"stage exact": 0.90, "stage allowed": 0.97, "trust band": 0.95, "wanted tactic": 0.95},
    "shared flat": {"stage exact": 0.85, "stage allowed": 0.92, "trust band": 0.90, "wanted tactic": 0.92},
    "own": {"stage exact": 0.90, "stage allowed": 0.95, "trust band": 0.90, "wanted tactic": 0.90},
    "own, held back": {"stage exact": 0.78, "stage allowed": 0.89, "trust band": 0.85, "wanted tactic": 0.80},
}


@cache
def pairs(name: str) -> Pairs:
    return [(case, judged(case)) for case in cases(SETS[name])]


@pytest.mark.parametrize("name", FLOORS)
def test_agreement_stays_above_its_floor(name: str) -> None:
    if not SETS[name].exists():
        pytest.skip(f"{SETS[name]} is not there; CRM_EXT_SHARED names the folder of the shared cases")
    figures = score(pairs(name))
    assert {key: figures[key] for key, floor in FLOORS[name].items() if (figures[key] or 0) < floor} == {}
    assert figures["forbidden tactic"] == 0


def test_the_method_agrees_when_nothing_is_misread() -> None:
    figures = score([(case, judged(with_signals(case))) for case in cases(SETS["own"])])
    assert {figures[each] for each in ("stage exact", "trust band", "alerts F1", "wanted tactic", "role")} == {1.0}
    assert (figures["forbidden tactic"], figures["role claimed"], figures["personality claimed"]) == (0, 0, 0)
