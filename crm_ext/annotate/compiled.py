"""A playbook's rules as Python functions, made once per playbook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crm_ext.domain.annotation import Avoid, Reason, TrustObject
from crm_ext.playbook import Playbook
from crm_ext.playbook import facts as names
from crm_ext.playbook.check import gaps, known
from crm_ext.playbook.items import Signal
from crm_ext.playbook.rules import Assigner, Collector, Facts, Finder, assigner, collector, finder, scorer, thresholds

STAGES = range(-1, 5)
SITUATIONS = [(stage, alarmed) for stage in STAGES for alarmed in (False, True)]
OPINIONS: Mapping[int, str] = {1: "positive_age", 0: "", -1: "negative_age"}
OBJECTS = tuple(TrustObject)
Limits = tuple[tuple[str, tuple[float, ...]], ...]
Avoided = tuple[tuple[Avoid, ...], frozenset[str]]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal as the fold needs it. `marks`: its first time says more than that it was seen."""

    id: str
    age: str
    weight: float
    half_life: float
    part: int
    source: str
    opinion: str
    reaction: bool
    groups: tuple[str, ...]
    personal: bool
    marks: bool


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    playbook: Playbook
    blank: Facts
    signals: Mapping[str, SignalRow]
    derived: Assigner
    markers: Assigner
    floors: tuple[Callable[[Facts], list[float]], ...]
    alert_ids: tuple[str, ...]
    stages: Collector
    falls: Mapping[int, Collector]
    alerts: Mapping[int, Collector]
    steps: Mapping[tuple[int, bool], Finder]
    avoids: Mapping[tuple[int, bool], Collector]
    traits: Collector
    scores: Callable[[Facts], list[float]]
    needs: tuple[tuple[tuple[str, str], ...], ...]
    avoided: dict[tuple[int, ...], Avoided]
    names: frozenset[str]
    timed: frozenset[str]
    limits: dict[tuple[int, int, bool, str], Limits]
    step_rows: Mapping[str, int]
    reasons: Mapping[str, tuple[Reason, tuple[str, ...]]]
    gapped: frozenset[str]

    def limits_of(self, reached: int, stage: int, alarmed: bool, step: str) -> Limits:
        """The limits of time that may change stage, alerts or main step of a contact that stands so."""
        key = reached, stage, alarmed, step
        if key not in self.limits:
            book, given = self.playbook, _given(self.playbook, stage, alarmed)
            above = book.steps[: self.step_rows.get(step, len(book.steps)) + 1]
            standing = [*book.derived.values(), *_when([*book.stages, *book.markers.values()])]
            falling = _when([*book.falls, *book.alerts.values()])
            found = thresholds(standing, self.timed, self.names, {})
            for rules_, known_ in ((falling, {"reached": reached}), (_when(above), given)):
                for name, values in thresholds(rules_, self.timed, self.names, known_).items():
                    found[name] = tuple(sorted({*found.get(name, ()), *values}))
            self.limits[key] = tuple(found.items())
        return self.limits[key]

    def reason(self, row: str, facts: Facts) -> Reason:
        """Why, with the facts that its sentence names."""
        reason, gaps = self.reasons[row]
        return Reason(row, {gap: round(facts[gap]) for gap in gaps}) if gaps else reason


@lru_cache(maxsize=8)
def compiled(playbook: Playbook) -> Compiled:
    facts = known(playbook)
    timed = names.timed(playbook.signals)
    return Compiled(
        playbook=playbook,
        blank={name: names.NEVER if name in timed else 0.0 for name in sorted(facts)},
        signals={each.id: _row(each, playbook) for each in playbook.signals.values()},
        derived=assigner(playbook.derived, facts),
        floors=tuple(scorer([each.floor_when], facts) for each in playbook.stages),
        alert_ids=tuple(playbook.alerts),
        markers=assigner(
            {f"shows_{each.id}": f"({each.when}) and 1 or 0" for each in playbook.markers.values()}, facts
        ),
        stages=collector([each.when for each in playbook.stages], facts),
        falls={at: collector(_when(playbook.falls), facts, {"reached": at}) for at in STAGES},
        alerts={at: collector(_when(playbook.alerts.values()), facts, {"reached": at}) for at in STAGES},
        steps={at: finder(_when(playbook.steps), facts, _given(playbook, *at)) for at in SITUATIONS},
        avoids={at: collector(_when(playbook.avoids), facts, _given(playbook, *at)) for at in SITUATIONS},
        needs=tuple(tuple((need, f"shows_{need}") for need in each.needs) for each in playbook.stages),
        avoided={},
        traits=collector(_when(playbook.traits), facts),
        scores=scorer([each.score for each in playbook.traits], facts),
        names=facts,
        timed=timed,
        limits={},
        step_rows={each.id: i for i, each in enumerate(playbook.steps)},
        reasons={row: (Reason(row), gaps(text)) for row, text in playbook.reasons.items()},
        gapped=frozenset(row for row, text in playbook.reasons.items() if gaps(text)),
    )


def _when(rows: Iterable[Any]) -> list[str]:
    return [row.when for row in rows]


def _given(playbook: Playbook, stage: int, alarmed: bool) -> dict[str, float]:
    """What is known before steps are sought: the stage, and where nothing is raised, that no alert is."""
    quiet = {} if alarmed else {f"alert_{each}": 0.0 for each in playbook.alerts}
    return {"stage": stage, **quiet}


def _row(signal: Signal, playbook: Playbook) -> SignalRow:
    ours = signal.actor == "customer"
    groups = tuple(name for name, group in playbook.groups.items() if signal.id in group)
    personal = any(re.search(rf"\b{signal.id}\b", each.when) for each in playbook.traits)
    return SignalRow(
        id=signal.id,
        age=f"{signal.id}_age",
        weight=signal.weight,
        half_life=signal.half_life_days,
        part=OBJECTS.index(signal.object),
        source=signal.source,
        opinion=OPINIONS[signal.polarity] if ours else "",
        reaction=ours if signal.reaction is None else signal.reaction,
        groups=groups,
        personal=personal,
        marks=bool(groups) or personal,
    )
