"""The cues of the playbook: classes of words, rules per signal, and what outweighs what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from crm_ext.playbook import Playbook
from crm_ext.reading.pattern import BadCue, Classes, Rule, rule, words

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Outweighs:
    """Where `winner` is found, `losers` are not meant: in the same sentence, or in the whole text."""

    winner: str
    losers: tuple[str, ...]
    whole_text: bool


@dataclass(frozen=True, slots=True)
class Cues:
    """All that is read from the files; rules in the order of their confidence."""

    version: str
    actors: Mapping[str, str]
    rules: tuple[Rule, ...]
    classes: Mapping[str, Classes]
    voices: Mapping[str, Mapping[str, Classes]]
    tests: tuple[str, ...]
    ours_only: frozenset[str]
    outweighs: tuple[Outweighs, ...]

    def for_voice(self, language: str, voice: str) -> Classes:
        return {**self.classes[language], **self.voices[voice][language]}

    def for_any_voice(self, language: str) -> Classes:
        """With the words of all voices together where they differ."""
        voices = [each[language] for each in self.voices.values()]
        return {**self.classes[language], **{name: "|".join(each[name] for each in voices) for name in voices[0]}}


def cues_of(playbook: Playbook) -> Cues:
    """The cues of a playbook; raises BadCue naming the place."""
    document: Mapping[str, Any] = playbook.documents["cues"]
    actors = {each.id: each.actor for each in playbook.signals.values()}
    context = document["context"]
    classes = {each: _flat({**document["words"][each], **context[each]}) for each in LANGUAGES}
    found = tuple(sorted(_rules(document["rules"], actors), key=lambda each: -each.confidence))
    _check(found, classes, context["voices"])
    return Cues(
        version=_version(document, actors),
        actors=actors,
        rules=found,
        classes=classes,
        voices={voice: {each: _flat(by[each]) for each in LANGUAGES} for voice, by in context["voices"].items()},
        tests=tuple(context["en"]),
        ours_only=frozenset(context["ours_only"]),
        outweighs=tuple(_outweighs(document["outweighs"], actors)),
    )


def _version(document: Mapping[str, Any], actors: Mapping[str, str]) -> str:
    """Changes when the cues, who must act, or this package's code changes: then texts are read again."""
    return sha256(f"{json.dumps([document, actors])}{_code()}".encode()).hexdigest()[:12]


@cache
def _code() -> str:
    code = (each for each in files("crm_ext.reading").iterdir() if each.name.endswith(".py"))
    return "".join(each.read_text("utf-8") for each in sorted(code, key=lambda each: each.name))


def _flat(classes: Mapping[str, str]) -> dict[str, str]:
    """Classes may be written over several lines."""
    return {name: "|".join(part.strip() for part in str(text).split("|")) for name, text in classes.items()}


def _rules(rules: Mapping[str, Mapping[str, Mapping[str, str]]], actors: Mapping[str, str]) -> Iterator[Rule]:
    for file in sorted(rules):
        for signal, body in rules[file].items():
            if signal not in actors:
                raise BadCue(f"{file} has rules for {signal}, which signals.yaml does not know.", fix="Add it there.")
            for language in LANGUAGES:
                lines = [each for each in body.get(language, "").splitlines() if each.strip() and each[0] != "#"]
                for number, line in enumerate(lines, 1):
                    yield rule(signal, language, number, line, body.get("flags", ""))


def _check(
    rules: tuple[Rule, ...], classes: Mapping[str, Classes], voices: Mapping[str, Mapping[str, Classes]]
) -> None:
    for each in rules:
        if each.slots[0] == ".." or each.slots[0].endswith("?"):
            raise BadCue(f"Rule {each.id} begins with {each.slots[0]!r}, which may be left out.", fix="Begin it later.")
        known = {**classes[each.language], **voices["customer"][each.language]}
        for slot in each.slots:
            if slot != ".." and not words(slot, known):
                raise BadCue(f"The slot {slot!r} of rule {each.id} is empty.", fix="Write words into it.")


def _outweighs(table: Mapping[str, Mapping[str, Any]], actors: Mapping[str, str]) -> Iterator[Outweighs]:
    for scope in ("sentence", "text"):
        for winner, losers in table[scope].items():
            for each in (winner, *losers):
                if each not in actors:
                    raise BadCue(f"outweighs.yaml names {each}, which signals.yaml does not know.", fix="Correct it.")
            yield Outweighs(winner, tuple(losers), scope == "text")
