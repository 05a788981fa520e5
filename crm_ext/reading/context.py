"""What stands around a match and takes its force away: negation, condition, plan, question, another's words or deed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from crm_ext.reading.pattern import OPENING, Classes, Rule, choices
from crm_ext.reading.segment import CUSTOMER, OTHER, OURS, REP, Sentence

_CLAUSE = {
    "en": re.compile(r"[,;:()]|\b(?:but|and|although|though|because|since|so|while|yet|then|which|when)\b|\s-+\s"),
    "zh": re.compile(r"[,;:()、。]|但是|但|不过|可是|而且|却|因为|所以|然后|虽然"),
}
_REACH = {"en": 40, "zh": 9}
_SIDES = {
    voice: (f"{us}_subject", f"{customer}_subject")
    for voice, us, customer in (
        (REP, "we", "they"),
        (CUSTOMER, "you", "we"),
        (OURS, "we", "you"),
        (OTHER, "you", "they"),
    )
}
_VOICES = {"c": CUSTOMER, "r": REP, "o": OURS, "x": OTHER}


@dataclass(frozen=True, slots=True)
class Context:
    """The words of one language that govern others; a test is the name of a class in the cues.

    `marks` has a bit for each test; a sentence without it among those it may hold cannot meet the test.
    """

    language: str
    tests: Mapping[str, re.Pattern[str]]
    denial: re.Pattern[str]
    ours_only: frozenset[str]
    marks: Mapping[str, int]
    answers: dict[str, tuple[str, bool]] = field(default_factory=dict, compare=False)

    def has(self, test: str, text: str) -> bool:
        """Whether the test finds something; several rules ask the same of one sentence, so the last answer is kept."""
        known = self.answers.get(test)
        if known is None or known[0] != text:
            known = self.answers[test] = text, self.tests[test].search(text) is not None
        return known[1]

    def blocks(self, rule: Rule, actor: str, found: re.Match[str], sentence: Sentence, possible: int) -> bool:
        """Whether the match does not mean what its rule says; `possible`: the tests that may hold in the sentence."""
        low, marks = found.string, self.marks
        whole = low[sentence.start : sentence.end]
        if possible & marks["todo"] and sentence.voice == REP and actor == "customer" and self.has("todo", whole):
            return True
        if possible & marks["question"] and "q" not in rule.flags and self.has("question", whole):
            return True
        if possible & marks["condition"] and "if" not in rule.flags and self.has("condition", whole):
            return True
        return self._governed(rule, found, sentence, possible) or (
            "any" not in rule.flags
            and self._wrong_actor(actor, low[sentence.start : found.start()], sentence.voice, possible)
        )

    def _governed(self, rule: Rule, found: re.Match[str], sentence: Sentence, possible: int) -> bool:
        """Whether a word of the same clause stands before the match, or within it, that turns it round."""
        negated, planned = possible & self.marks["negation"], possible & self.marks["plan"] and "if" not in rule.flags
        clause = _last_break(self.language, found.string, sentence.start, found.start())
        before = found.string[clause : found.start()]
        if rule.signal in self.ours_only and self.has("rivals", found.string[clause : found.end() + 24]):
            return True
        if "neg" in rule.flags:
            return bool(negated and self._denied(before)) or bool(
                planned and self.has("plan", f"{before} {_between(found)}")
            )
        reach = _REACH[self.language]
        if not (negated or planned or len(before) > reach):
            return False
        gaps = _between(found)
        return ((negated or len(before) > reach) and self._negated(before[-reach:], gaps)) or bool(
            planned and self.has("plan", f"{before} {gaps}")
        )

    def _denied(self, before: str) -> bool:
        """Whether a word of denial stands right before a match that speaks of a "not" itself."""
        return self.denial.search(self.tests["not_negation"].sub(" ", before)) is not None

    def _negated(self, before: str, gaps: str) -> bool:
        text = self.tests["not_negation"].sub(" ", f"{before} | {gaps}")
        return self.has("negation", text)

    def _wrong_actor(self, actor: str, before: str, voice: str, possible: int) -> bool:
        if actor not in ("customer", "us"):
            return False
        us, customer = _SIDES[voice]
        last = {
            side: _last(self.tests[side], before) if possible & self.marks[side] else -1
            for side in (us, customer, "other_subject")
        }
        if voice == REP and last[us] < 0 and possible & self.marks["our_opening"] and self.has("our_opening", before):
            last[us] = 0
        doer = max(last, key=lambda side: last[side])
        if last[doer] < 0:
            return False
        return doer != (customer if actor == "customer" else us)


def voices(rule: Rule, actor: str) -> frozenset[str]:
    """The voices in which the rule means what it says."""
    named = frozenset(_VOICES[each] for each in rule.flags if each in _VOICES)
    return named or (frozenset((REP, CUSTOMER)) if actor == "customer" else frozenset(_VOICES.values()))


def context(language: str, classes: Classes, ours_only: frozenset[str], marks: Mapping[str, int]) -> Context:
    """Its tests compiled; what opens a text there opens the piece that is tested."""
    words = {each: choices(f"${each}", language, classes).replace(OPENING, r"^[\s\"]*") for each in marks}
    compiled = {each: re.compile(text) for each, text in words.items()}
    denial = re.compile(compiled["negation"].pattern + (r"[^a-z]*$" if language == "en" else "[有是]?$"))
    return Context(language, compiled, denial, ours_only, marks)


def _last_break(language: str, low: str, start: int, end: int) -> int:
    place = start
    for mark in _CLAUSE[language].finditer(low, start, end):
        place = mark.end()
    return place


def _between(found: re.Match[str]) -> str:
    """What stands between the slots of a match."""
    spans = sorted(found.span(each) for each in range(1, found.re.groups + 1) if found.start(each) >= 0)
    return " | ".join(found.string[one[1] : other[0]] for one, other in pairwise(spans))


def _last(pattern: re.Pattern[str], text: str) -> int:
    place = -1
    for found in pattern.finditer(text):
        place = found.end()
    return place
