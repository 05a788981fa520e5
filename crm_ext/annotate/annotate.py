"""One contact at one time: facts, stage, trust, alerts, persons, next steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import ceil

from crm_ext.annotate.compiled import Avoided, Compiled, compiled
from crm_ext.annotate.due import leaves_band, next_limit
from crm_ext.annotate.fold import Fold, gather
from crm_ext.annotate.judge import Judged, judge
from crm_ext.annotate.persons import persons
from crm_ext.annotate.rest import NO_REST, resting
from crm_ext.annotate.value import Purchases, value
from crm_ext.domain.annotation import Annotation, Avoid, Evidence, Reason, Stage, Step
from crm_ext.domain.events import Timeline
from crm_ext.playbook import Playbook
from crm_ext.playbook.facts import NEVER
from crm_ext.playbook.rules import Facts

PLAIN = Purchases()
MOST_STEPS = 3
MOST_LINES = 8
DAY_SECONDS = 86_400
FORESIGHT = 730.0
LAST_YEAR = 9990
SHAKEN = 0.8
CERTAIN = [1 - 0.5 ** (1 + lines / 2) for lines in range(MOST_LINES + 1)]
SURE = [(round(each, 2), round(each * SHAKEN, 2)) for each in CERTAIN]
STAGES = tuple(Stage)
NOBODY: tuple[None, None, tuple[str, ...]] = None, None, ()
Situation = tuple[int, bool]
ClassAt = Callable[[datetime], str | None]


def annotate(timeline: Timeline, playbook: Playbook, as_of: datetime, purchases: Purchases | None = None) -> Annotation:
    """The judgement on one contact as of an instant; later events are not seen."""
    rules = compiled(playbook)
    fold = gather(rules, timeline, as_of)
    facts = fold.done()
    judged = judge(rules, facts, fold.lines)
    stage = judged.stage
    alerts = _alerts(rules, facts)
    role, personality, traits = persons(rules, facts) if fold.personal else NOBODY
    at = stage, bool(alerts)
    avoid, avoided = _avoid(rules, facts, at)
    rest = resting(timeline.answers, playbook.parameters, as_of) if timeline.answers else NO_REST
    steps = _steps(rules, facts, at, avoided | rest.tactics, as_of.date())
    portfolio = purchases or PLAIN
    worth = value(timeline.events, as_of, portfolio)

    def class_at(later: datetime) -> str | None:
        return value(timeline.events, later, portfolio).cls

    due = _due_at(rules, fold, judged, steps[0].why.id if steps else "", (worth.cls, class_at))
    return Annotation(
        id=timeline.id,
        as_of=as_of,
        playbook=playbook.version,
        stage=None if stage < 0 else STAGES[stage],
        confidence=_confidence(facts, judged.evidence, stage),
        trust=judged.trust,
        buying_role=role,
        personality=personality,
        value=worth,
        alerts=alerts,
        tactics=steps,
        avoid=avoid,
        evidence=judged.evidence,
        missing=_missing(rules, facts, stage),
        traits=traits,
        due_at=rest.sooner(due, as_of),
    )


def _due_at(
    rules: Compiled, fold: Fold, judged: Judged, step: str, outlook: tuple[str | None, ClassAt]
) -> datetime | None:
    """The earliest of a rule's limit of time, a change of band and a change of class."""
    facts, playbook = fold.facts, rules.playbook
    days = next_limit(rules.limits_of(int(facts["reached"]), judged.stage, bool(facts["alerts"]), step), facts)
    allowance = playbook.stages[max(judged.stage, 0)].allowance
    days = min(
        days, leaves_band(judged, fold.lines, allowance, playbook.parameters["diminishing"], min(days, FORESIGHT))
    )
    now, class_at = outlook
    if now is not None and fold.as_of.year <= LAST_YEAR:
        days = min(days, _changes(class_at, now, fold.as_of, min(days, FORESIGHT)))
    if days >= FORESIGHT or fold.as_of.year > LAST_YEAR:
        return None
    return fold.as_of + timedelta(seconds=ceil(days * DAY_SECONDS))


def _changes(class_at: ClassAt, now: str, as_of: datetime, within: float) -> float:
    """Days until the class has changed, NEVER where it does not within so many: without orders EV only falls."""
    if class_at(as_of + timedelta(days=within)) == now:
        return NEVER
    before, after = 0.0, within
    while after - before > 1:
        middle = (before + after) / 2
        before, after = (middle, after) if class_at(as_of + timedelta(days=middle)) == now else (before, middle)
    return after


def _alerts(rules: Compiled, facts: Facts) -> tuple[str, ...]:
    alerts = tuple(rules.alert_ids[i] for i in rules.alerts[int(facts["reached"])](facts))
    facts["alerts"] = len(alerts)
    for each in alerts:
        facts[f"alert_{each}"] = 1
    return alerts


def _avoid(rules: Compiled, facts: Facts, at: Situation) -> Avoided:
    """What is shown as to be avoided, and all that must not be recommended."""
    held = tuple(rules.avoids[at](facts))
    if held not in rules.avoided:
        rows = [rules.playbook.avoids[i] for i in held]
        first = {row.tactic: Avoid(row.tactic, Reason(row.id)) for row in reversed(rows)}
        shown = list(dict.fromkeys(row.tactic for row in rows))[: int(rules.playbook.parameters["avoids_shown"])]
        rules.avoided[held] = tuple(first[each] for each in shown), frozenset(first)
    return rules.avoided[held]


def _steps(rules: Compiled, facts: Facts, at: Situation, without: frozenset[str], today: date) -> tuple[Step, ...]:
    taken: list[str] = []
    steps: list[Step] = []
    for i in rules.steps[at](facts):
        step = _step(rules, i, today)
        if step.id not in without and step.id not in taken:
            taken.append(step.id)
            steps.append(step._replace(why=rules.reason(step.why.id, facts)) if step.why.id in rules.gapped else step)
            if len(steps) == MOST_STEPS:
                break
    return tuple(steps)


@lru_cache(maxsize=4096)
def _step(rules: Compiled, row: int, today: date) -> Step:
    """The row's step, due so many days from today; without a day beyond the last that there is."""
    step = rules.playbook.steps[row]
    try:
        due = today + timedelta(days=rules.playbook.tactics[step.tactic].days)
    except OverflowError:
        due = None
    return Step(step.tactic, Reason(step.id), due)


def _missing(rules: Compiled, facts: Facts, stage: int) -> tuple[str, ...]:
    following = min(max(stage + 1, 1), len(rules.needs) - 1)
    return tuple(need for need, fact in rules.needs[following] if not facts[fact])


def _confidence(facts: Facts, evidence: Sequence[Evidence], stage: int) -> float:
    """More lines of evidence make it surer, a fall makes it less so."""
    return SURE[min(len(evidence), MOST_LINES)][1 if facts["fell"] else 0] if stage >= 0 else 0.0
