"""Stage and trust: the highest stage whose marker is shown and that nothing later contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crm_ext.annotate.compiled import Compiled
from crm_ext.annotate.fold import Line
from crm_ext.annotate.trust import MOST, trust
from crm_ext.domain.annotation import Evidence, Trust
from crm_ext.playbook.rules import Facts

NO_STAGE = -1


class Judged(NamedTuple):
    stage: int
    trust: Trust
    evidence: tuple[Evidence, ...]
    floor: float
    ceiling: float


def judge(rules: Compiled, facts: Facts, lines: Sequence[Line]) -> Judged:
    """The stage (-1 where no event can tell), trust and its evidence; what was found joins the facts."""
    rules.derived(facts)
    rules.markers(facts)
    stage, ceiling = _stage(rules, facts)
    row = rules.playbook.stages[max(stage, 0)]
    floor = row.floor if stage > 0 and rules.floors[stage](facts)[0] else 0.0
    found, evidence = trust(lines, row.allowance, rules.playbook.parameters["diminishing"], floor, ceiling)
    return Judged(stage, found, evidence, floor, ceiling)


def _stage(rules: Compiled, facts: Facts) -> tuple[int, float]:
    """The stage, and the ceiling that it or what lowered it sets on trust."""
    shown = rules.stages(facts)
    reached = 0 if 0 in shown else shown[-1] if shown else NO_STAGE
    facts["reached"] = stage = reached
    ceiling = MOST
    for i in rules.falls[reached](facts) if reached > 0 else ():
        fall = rules.playbook.falls[i]
        stage = min(stage, max(reached - fall.by, 1), reached if fall.to is None else fall.to)
        ceiling = min(ceiling, MOST if fall.ceiling is None else fall.ceiling)
    facts["stage"] = stage
    facts["fell"] = 1 if stage < reached else 0
    return stage, min(ceiling, rules.playbook.stages[max(stage, 0)].ceiling)
