"""What a schema cannot see: names that point nowhere, rules that cannot run, doubles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from string import Formatter
from typing import Any

from crm_ext.domain.annotation import Stage
from crm_ext.playbook import check_cues, check_diagnoses, facts
from crm_ext.playbook.items import Playbook, Text
from crm_ext.playbook.rules import BadRule, parsed

OBJECTS = ("person", "product", "company")
POLARITIES = (-1, 0, 1)
ACTORS = ("customer", "us", "any")
VERSION = re.compile(r"[\w.+-]{1,40}")
FILLED = ("stage", "level", "band", "n", "sum")
"""The gaps of the sentences around an annotation."""


def findings(playbook: Playbook) -> list[str]:
    """All that is wrong, each with file, item, field and fix."""
    checks = (_method, _doubles, _stages, _objects, _tactics, _rules, _gaps)
    found = [finding for check in checks for finding in check(playbook)]
    return [*found, *check_diagnoses.findings(playbook, known(playbook)), *check_cues.findings(playbook)]


def known(playbook: Playbook) -> frozenset[str]:
    """Every fact that this playbook's rules may speak of."""
    own = (
        *playbook.derived,
        *playbook.groups,
        *(f"alert_{each}" for each in playbook.alerts),
        *(f"is_{each.id}" for each in playbook.traits),
    )
    return facts.names(playbook.signals, playbook.markers, own)


def rules(playbook: Playbook) -> Iterator[tuple[str, str, str]]:
    """(file and item, field, rule) of every rule."""
    for name, rule in playbook.derived.items():
        yield f"method.yaml, derived, {name}", "rule", rule
    for file, rows, field_names in _RULED:
        for row in rows(playbook):
            for field in field_names:
                yield f"{file}.yaml, {row.id}", field, getattr(row, field)


_RULED: tuple[tuple[str, Callable[[Playbook], Iterable[Any]], tuple[str, ...]], ...] = (
    ("stages", lambda playbook: playbook.stages, ("when", "floor_when")),
    ("markers", lambda playbook: playbook.markers.values(), ("when",)),
    ("falls", lambda playbook: playbook.falls, ("when",)),
    ("alerts", lambda playbook: playbook.alerts.values(), ("when",)),
    ("traits", lambda playbook: playbook.traits, ("when", "score")),
    ("steps", lambda playbook: playbook.steps, ("when",)),
    ("avoids", lambda playbook: playbook.avoids, ("when",)),
)


def _method(playbook: Playbook) -> Iterator[str]:
    if not VERSION.fullmatch(playbook.version):
        yield f"method.yaml, version: {playbook.version!r} is none; write the year and a number, as 2026.1."
    for name, meaning in facts.PARAMETERS.items():
        if playbook.parameters.get(name, 0.0) <= 0:
            yield f"method.yaml, parameters, {name}: missing or not above 0; it says: {meaning}."


def _doubles(playbook: Playbook) -> Iterator[str]:
    for file in ("stages", "signals", "markers", "falls", "alerts", "tactics", "traits", "library", "steps", "avoids"):
        rows = playbook.documents.get(file) or {}
        ids = [row["id"] for row in (rows.get(file) if isinstance(rows, dict) else rows) or ()]
        for name, count in Counter(ids).items():
            if count > 1:
                yield f"{file}.yaml, {name}: stands there {count} times; keep one."


def _stages(playbook: Playbook) -> Iterator[str]:
    if [(stage.id, stage.key) for stage in playbook.stages] != [(int(stage), stage.key) for stage in Stage]:
        yield f"stages.yaml: {', '.join(f'{each:d} {each.key}' for each in Stage)} are expected, in order."
    for stage in playbook.stages:
        yield from _unknown(f"stages.yaml, {stage.key}, acts", stage.acts, playbook.tactics, "tactic")
        yield from _unknown(f"stages.yaml, {stage.key}, needs", stage.needs, playbook.markers, "marker")
        if stage.floor >= stage.ceiling:
            yield f"stages.yaml, {stage.key}, floor: {stage.floor} is not below the ceiling {stage.ceiling}."


def _objects(playbook: Playbook) -> Iterator[str]:
    for name, group in playbook.groups.items():
        yield from _unknown(f"method.yaml, groups, {name}", group, playbook.signals, "signal")
    for signal in playbook.signals.values():
        yield from _unknown(f"signals.yaml, {signal.id}, object", [signal.object], OBJECTS, "object")
        if signal.half_life_days <= 0:
            yield f"signals.yaml, {signal.id}, half_life_days: must be above 0."
        if signal.polarity not in POLARITIES:
            yield f"signals.yaml, {signal.id}, polarity: write -1, 0 or 1."
        if signal.actor not in ACTORS:
            yield f"signals.yaml, {signal.id}, actor: write {', '.join(ACTORS)}."
    yield from _unknown("signals.yaml", facts.COUNTED, playbook.signals, "signal")


def _tactics(playbook: Playbook) -> Iterator[str]:
    for file, steps in (("steps", playbook.steps), ("avoids", playbook.avoids)):
        for step in steps:
            yield from _unknown(f"{file}.yaml, {step.id}, tactic", [step.tactic], playbook.tactics, "tactic")
    for step in playbook.steps:
        if step.tactic in playbook.tactics and playbook.tactics[step.tactic].never:
            yield f"steps.yaml, {step.id}: {step.tactic} is marked `never` in tactics.yaml; take one of the two away."


def _rules(playbook: Playbook) -> Iterator[str]:
    names = known(playbook)
    for place, field, rule in rules(playbook):
        try:
            parsed(rule, names)
        except BadRule as error:
            yield f"{place}, {field}: {error}"


def _gaps(playbook: Playbook) -> Iterator[str]:
    names = known(playbook)
    rows = (("steps", playbook.steps), ("avoids", playbook.avoids))
    reasons = ((f"{file}.yaml, {row.id}, why", playbook.reasons[row.id], names) for file, them in rows for row in them)
    texts = ((f"texts.yaml, {name}", text, FILLED) for name, text in playbook.texts.items())
    for place, text, filled in (*reasons, *texts):
        try:
            yield from _unknown(place, gaps(text), filled, "fact")
        except ValueError as error:
            yield f"{place}: {error}; write a gap as {{name}}."


def gaps(text: Text) -> tuple[str, ...]:
    """The names in braces of a sentence in either language. Raises ValueError for braces that are no gaps."""
    found: list[str] = []
    for _, name, spec, conversion in (each for words in (text.en, text.zh) for each in Formatter().parse(words)):
        if spec or conversion or name == "":
            raise ValueError(f"{{{name}}} is more than a name")
        found += [name] if name else []
    return tuple(dict.fromkeys(found))


def _unknown(place: str, named: Iterable[str], there: Iterable[str], kind: str) -> Iterator[str]:
    for name in named:
        if name not in there:
            yield f"{place}: there is no {kind} {name!r}."
