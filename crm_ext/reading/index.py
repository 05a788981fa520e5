"""Which rules may hold where: one look at a text for the words that tell rules apart.

Single Latin words are looked up one by one; all else (phrases, Chinese, marks) is found by an automaton. Each word
stands for a long number: its low bits are the marks of the tests it may begin, then, for the k-th telling slot of all
rules side by side, one bit per rule. Or-ing the numbers of a sentence's words and and-ing the slots leaves the rules of
which every telling slot has a word there. Two slots tell almost as much as all, and leave the common words out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import ahocorasick

from crm_ext.reading.cues import LANGUAGES, Cues
from crm_ext.reading.pattern import BadCue, Heads, Rule, anchors, opening, words
from crm_ext.reading.segment import Sentence

TELLING = 2
_COMMON = {"en": 0.25, "zh": 0.04}
_LATIN = re.compile("[a-z]+")
_KNOWN = 50_000
Masks = Mapping[str, int]


class Index:
    """The words of all rules and tests; `marks` has the bit of each test by language and name."""

    def __init__(self, cues: Cues) -> None:
        self.marks = {
            language: {test: 1 << (at * len(cues.tests) + i) for i, test in enumerate(cues.tests)}
            for at, language in enumerate(LANGUAGES)
        }
        self._below = len(LANGUAGES) * len(cues.tests)
        self._width = len(cues.rules)
        self._unused = 0
        bits: dict[str, int] = defaultdict(int)
        for number, rule in enumerate(cues.rules):
            slots = _telling(rule, cues)
            for depth in range(TELLING):
                bit = 1 << (self._below + depth * self._width + number)
                self._unused |= 0 if depth < len(slots) else bit
                for word in slots[depth] if depth < len(slots) else ():
                    bits[word] |= bit
        for language, tests in self.marks.items():
            for test, bit in tests.items():
                for word in words(f"${test}", cues.classes[language]):
                    bits[opening(word)] |= bit
        self._every = (1 << self._width) - 1
        single = {word: mask for word, mask in bits.items() if _LATIN.fullmatch(word.removesuffix("*"))}
        self._single = _Latin(single)
        self._others = _automaton({word: mask for word, mask in bits.items() if word not in single})

    def candidates(self, low: str, found: Sequence[Sentence]) -> Iterator[tuple[Sentence, int, int]]:
        """The sentences in which rules may hold: with the marks of the tests that may, and the rules, bit by number."""
        below, width, every, single = self._below, self._width, self._every, self._single
        for sentence, others in zip(found, self._other_words(low, found), strict=True):
            present = others
            for word in _LATIN.findall(low, sentence.start, sentence.end):
                mask = single[word]
                if mask:
                    present |= mask
            held = (present >> below) & (present >> (below + width)) & every
            if held:
                yield sentence, present & ((1 << below) - 1), held

    def _other_words(self, low: str, found: Sequence[Sentence]) -> list[int]:
        """What the automaton finds in each sentence."""
        coded = _coded(low)
        size, present, at = len(coded), [self._unused] * len(found), -1
        limits = _limits(low, coded, found)
        start = end = 0
        for last, (length, latin, goes_on, whole) in self._others.iter(coded):
            while last >= end:
                at += 1
                if at == len(limits):
                    return present
                start, end = limits[at]
            first = last - length + 1
            if first < start:
                continue
            if latin:
                if first and "a" <= coded[first - 1] <= "z":
                    continue
                present[at] |= goes_on if last + 1 < size and "a" <= coded[last + 1] <= "z" else whole
            else:
                present[at] |= whole
        return present


class _Latin(dict[str, int]):
    """Single words by what they stand for; words met are kept, as those of a text come again."""

    def __init__(self, masks: Masks) -> None:
        self._whole, self._begun = _by_ending(masks)

    def __missing__(self, word: str) -> int:
        if len(self) >= _KNOWN:
            self.clear()
        mask = self._whole.get(word, 0)
        for end in range(1, len(word) + 1):
            mask |= self._begun.get(word[:end], 0)
        self[word] = mask
        return mask


def _by_ending(masks: Masks) -> tuple[dict[str, int], dict[str, int]]:
    """For words that stand whole, and for those that may go on: `*` is left out."""
    whole: dict[str, int] = defaultdict(int)
    begun: dict[str, int] = defaultdict(int)
    for word, mask in masks.items():
        (begun if word.endswith("*") else whole)[word.rstrip("*")] |= mask
    return whole, begun


def _automaton(masks: Masks) -> ahocorasick.Automaton:
    whole, begun = _by_ending(masks)
    automaton = ahocorasick.Automaton()
    for word in whole.keys() | begun.keys():
        coded = _coded(word)
        goes_on = begun.get(word, 0)
        automaton.add_word(
            coded, (len(coded), word[-1].isascii() and word[-1].isalpha(), goes_on, goes_on | whole.get(word, 0))
        )
    automaton.make_automaton()
    return automaton


def _coded(text: str) -> str:
    """As UTF-8 written in Latin-1: the automaton is slow where thousands of characters may come next."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def _limits(low: str, coded: str, found: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Where the sentences stand in the coded text."""
    if len(low) == len(coded):
        return [(each.start, each.end) for each in found]
    limits, place, end = [], 0, 0
    for each in found:
        start = end + len(_coded(low[place : each.start]))
        place, end = each.end, start + len(_coded(low[each.start : each.end]))
        limits.append((start, end))
    return limits


def _telling(rule: Rule, cues: Cues) -> list[Heads]:
    """The rarest slots of fixed words."""
    found = anchors(rule.slots, cues.for_any_voice(rule.language))
    if not found:
        raise BadCue(f"Rule {rule.id} has no slot of fixed words.", fix="Give it one that is not optional.")
    return sorted(found, key=lambda heads: _expected(heads, rule.language))[:TELLING]


def _expected(heads: Heads, language: str) -> float:
    """How often words of these lengths are met, roughly: longer is rarer."""
    return sum(_COMMON[language] ** min(len(each), 7) for each in heads)
