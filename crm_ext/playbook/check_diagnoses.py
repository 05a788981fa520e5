"""What is wrong with the rows of diagnoses and desk: shapes, rules, names that point nowhere, patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from crm_ext.playbook import diagnoses
from crm_ext.playbook.diagnoses import ACCOUNT_FACTS, MORE_FACTS, Cause
from crm_ext.playbook.items import LANGUAGES, Playbook, Text
from crm_ext.playbook.rules import BadRule, parsed
from crm_ext.playbook.schema import messages

QUESTIONS = ("no_purchase", "no_referral")
MACROS = re.compile(r"…|\{rest\}")
FILES: Mapping[str, tuple[Callable[[Playbook], Any], ...]] = {
    "desk": (diagnoses.desk_of,),
    "diagnoses": (diagnoses.trees_of,),
    "loss": (diagnoses.loss_of,),
    "accounts": (diagnoses.accounts_of,),
}


def findings(playbook: Playbook, known: frozenset[str]) -> Iterator[str]:
    """All that is wrong, each with file, item and fix. `known` are the facts of a contact."""
    shapes = [*_shapes(playbook)]
    yield from shapes
    if not shapes:
        yield from _missing("diagnoses.yaml, trees", QUESTIONS, diagnoses.trees_of(playbook), "question")
        yield from _rules(playbook, known | MORE_FACTS.keys())
        yield from _names(playbook)
        yield from _patterns(playbook)


def causes(playbook: Playbook) -> Iterator[tuple[str, tuple[Cause, ...]]]:
    """(file and section, rows) of every list of causes that speaks of one contact."""
    for tree in diagnoses.trees_of(playbook).values():
        yield f"diagnoses.yaml, {tree.id}", (*tree.causes, *tree.notes)
    yield "diagnoses.yaml, tension", diagnoses.tension_of(playbook).zones
    yield "loss.yaml, causes", diagnoses.loss_of(playbook).causes


def _shapes(playbook: Playbook) -> Iterator[str]:
    for file, readers in FILES.items():
        for reader in readers:
            try:
                reader(playbook)
            except ValidationError as error:
                yield from (f"{file}.yaml, {field}: {message}" for field, message in messages(error.messages))


def _rules(playbook: Playbook, known: frozenset[str]) -> Iterator[str]:
    for place, rows in causes(playbook):
        asked = known | {f"says_{each.id}" for each in rows}
        for row in rows:
            yield from _parsed(f"{place}, {row.id}", (row.said, row.when), asked)
    for tree in diagnoses.trees_of(playbook).values():
        yield from _parsed(f"diagnoses.yaml, {tree.id}", (tree.enough,), known)
    tension = diagnoses.tension_of(playbook)
    yield from _parsed("diagnoses.yaml, tension", (tension.relation, tension.task), known)
    yield from _parsed("loss.yaml, lost", (diagnoses.loss_of(playbook).lost,), known)
    for row in _account_rows(playbook):
        yield from _parsed(f"accounts.yaml, {row.id}", (row.when,), ACCOUNT_FACTS)


def _parsed(place: str, rules: Iterable[str], known: Container[str]) -> Iterator[str]:
    for rule in rules:
        try:
            parsed(rule, known)
        except BadRule as error:
            yield f"{place}: {error}"


def _names(playbook: Playbook) -> Iterator[str]:
    for place, rows in (*causes(playbook), ("accounts.yaml", _account_rows(playbook))):
        for row in rows:
            yield from _missing(f"{place}, {row.id}", row.tactics, playbook.tactics, "tactic")
            yield from _missing(f"{place}, {row.id}", row.signals, playbook.signals, "signal")
    desk = diagnoses.desk_of(playbook)
    steps = [each.id for each in desk.steps]
    yield from _missing("desk.yaml, steps", [each.tactic for each in desk.steps], playbook.tactics, "tactic")
    yield from _missing("desk.yaml, reactions", [each.id for each in desk.reactions], playbook.signals, "signal")
    yield from _missing("desk.yaml, warnings", [each.needs for each in desk.warnings], steps, "step")
    yield from _missing("desk.yaml, late", desk.late, steps, "step")


def _missing(place: str, named: Iterable[str], there: Container[str], kind: str) -> Iterator[str]:
    for name in named:
        if name not in there:
            yield f"{place}: there is no {kind} {name!r}."


def _patterns(playbook: Playbook) -> Iterator[str]:
    for place, pattern in _all_patterns(playbook):
        for lang in LANGUAGES:
            try:
                re.compile(MACROS.sub("", pattern.lang(lang)))
            except re.error as error:
                yield f"{place}, pattern, {lang}: {error}."


def _all_patterns(playbook: Playbook) -> Iterator[tuple[str, Text]]:
    desk, accounts = diagnoses.desk_of(playbook), diagnoses.accounts_of(playbook)
    yield from ((f"desk.yaml, {row.id}", row.pattern) for row in desk.phrases)
    yield from ((f"desk.yaml, {row.id}", row.pattern) for row in desk.steps)
    yield from ((f"accounts.yaml, {row.id}", row.pattern) for row in (*accounts.levels, *accounts.functions))
    yield from ((f"loss.yaml, {row.id}", row.pattern) for row in diagnoses.loss_of(playbook).causes)


def _account_rows(playbook: Playbook) -> tuple[Cause, ...]:
    accounts = diagnoses.accounts_of(playbook)
    return (*accounts.stages, *accounts.geometry, *accounts.conflicts)
