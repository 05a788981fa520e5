"""A company's ladder (text 002) beside the stages of its people (text 000): two measures that are never mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from crm_ext.annotate.causes import cause_words, matches
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Direction, Event, EventType, Timeline
from crm_ext.playbook import Playbook
from crm_ext.playbook.diagnoses import ACCOUNT_FACTS, Accounts, Cause, TitleKind, accounts_of
from crm_ext.playbook.rules import Facts, collector

ENGAGED = timedelta(days=180)
STEADY = 3.0  # in a steady rhythm no gap is longer than so many usual ones
UNKNOWN_SHARE = -1.0
NEVER = 1e9
TIES = {
    "mechanism": ("mechanism_agreed", "mechanism_lived", "mechanism_restored"),
    "joint_business": ("joint_business",),
}
Person = tuple[Timeline, Annotation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a company stands. `best` is the highest stage of its people; the first conflict makes the next step."""

    stage: str
    geometry: str
    best: int
    engaged: int
    conflicts: tuple[str, ...]
    strategies: tuple[str, ...]
    next_step: str | None
    facts: Facts


def account(people: Sequence[Person], playbook: Playbook, as_of: datetime, share: float | None = None) -> Account:
    """The company of these people. `share` is our part of what they purchase, 0 to 1, None where nobody knows."""
    rows = accounts_of(playbook)
    facts = {**_orders(people, as_of), **_people(people, rows, as_of), **_ties(people, as_of)}
    facts["share"] = UNKNOWN_SHARE if share is None else share
    stage = _last(rows.stages, facts)
    geometry = _last(rows.geometry, facts)
    facts["account"], facts["geometry"] = stage + 1, geometry + 1
    conflicts = [rows.conflicts[i] for i in _holding(rows.conflicts, facts)]
    strategies = rows.stages[stage].tactics
    steps = (*(each.tactics[0] for each in conflicts), *strategies)
    return Account(
        stage=rows.stages[stage].id,
        geometry=rows.geometry[geometry].id,
        best=int(facts["best"]),
        engaged=int(facts["engaged"]),
        conflicts=tuple(each.id for each in conflicts),
        strategies=strategies,
        next_step=steps[0] if steps else None,
        facts=facts,
    )


def words(found: Account, playbook: Playbook, lang: str = "en") -> dict[str, Any]:
    """The account as JSON, its words in one language."""
    rows = accounts_of(playbook)
    named = {each.id: each for each in (*rows.stages, *rows.geometry, *rows.conflicts)}
    step = found.next_step
    return {
        "stage": cause_words(named[found.stage], playbook, lang),
        "geometry": cause_words(named[found.geometry], playbook, lang),
        "best_person_stage": found.best,
        "engaged": found.engaged,
        "single_thread": "single_thread" in found.conflicts,
        "conflicts": [cause_words(named[each], playbook, lang) for each in found.conflicts],
        "next_step": {"id": step, "text": playbook.tactics[step].text.lang(lang)} if step else None,
    }


def kind_of(title: str, kinds: Sequence[TitleKind]) -> str | None:
    """The first kind whose words stand in a title."""
    return next((each.id for each in kinds if title and matches(each.pattern, [title])), None)


def _orders(people: Sequence[Person], as_of: datetime) -> Facts:
    days = sorted({each.at.toordinal() for each in _seen(people, as_of) if each.type is EventType.ORDER})
    gaps = [later - sooner for sooner, later in pairwise(days)]
    usual = median(gaps) if gaps else 0.0
    age = as_of.toordinal() - days[-1] if days else NEVER
    return {
        "orders": len(days),
        "span": days[-1] - days[0] if days else 0,
        "order_age": age,
        "order_ratio": age / usual if usual else 0.0,
        "regular": float(bool(gaps) and max(*gaps, age) <= STEADY * usual),
    }


def _people(people: Sequence[Person], rows: Accounts, as_of: datetime) -> Facts:
    engaged = [timeline for timeline, _ in people if _reacts(timeline, as_of)]
    levels = [kind_of(each.title, rows.levels) for each in engaged]
    functions = {kind_of(each.title, rows.functions) for each in engaged} - {None}
    return {
        "people": len(people),
        "engaged": len(engaged),
        "levels": len(set(levels) - {None}),
        "functions": len(functions),
        "executives": levels.count("executive"),
        "best": max((int(each.stage) for _, each in people if each.stage is not None), default=-1),
    }


def _ties(people: Sequence[Person], as_of: datetime) -> Facts:
    shown = {signal.id for event in _seen(people, as_of) for signal in event.signals or ()}
    return {name: float(not shown.isdisjoint(signals)) for name, signals in TIES.items()}


def _seen(people: Sequence[Person], as_of: datetime) -> list[Event]:
    return [event for timeline, _ in people for event in timeline.events if event.at <= as_of]


def _reacts(timeline: Timeline, as_of: datetime) -> bool:
    """Did this person answer or begin anything within half a year?"""
    return any(
        as_of - ENGAGED <= event.at <= as_of and event.direction in {Direction.INBOUND, Direction.MUTUAL}
        for event in timeline.events
    )


def _holding(rows: Sequence[Cause], facts: Facts) -> list[int]:
    return collector([each.when for each in rows], ACCOUNT_FACTS)(facts)


def _last(rows: Sequence[Cause], facts: Facts) -> int:
    return max(_holding(rows, facts), default=0)
