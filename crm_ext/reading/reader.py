"""Text to signals: rules over the sentences they may hold in, in the voice that speaks there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from crm_ext import playbook as playbooks
from crm_ext.domain.events import Direction, EventType, Signal
from crm_ext.playbook import Playbook
from crm_ext.reading.context import context, voices
from crm_ext.reading.cues import Cues, cues_of
from crm_ext.reading.index import Index
from crm_ext.reading.pattern import regex
from crm_ext.reading.segment import Sentence, normalise, own_words, sentences
from crm_ext.reading.settle import Find, settle

QUOTE = 120


@dataclass(frozen=True, slots=True)
class Text:
    """What was written down about one event."""

    text: str
    type: EventType = EventType.NOTE
    direction: Direction = Direction.INTERNAL


class Reader:
    """Finds the signals of texts; the same text gives the same signals, whatever is read with it."""

    def __init__(self, playbook_cues: Cues) -> None:
        self._cues = playbook_cues
        self._index = Index(playbook_cues)
        self._contexts = {
            language: context(language, playbook_cues.classes[language], playbook_cues.ours_only, marks)
            for language, marks in self._index.marks.items()
        }
        self._heard = {voice: _heard(playbook_cues, voice) for voice in playbook_cues.voices}
        self._patterns: dict[tuple[int, str], re.Pattern[str]] = {}
        self.version = playbook_cues.version

    def read(self, texts: Sequence[Text]) -> list[tuple[Signal, ...]]:
        return [self._signals(each) for each in texts]

    def _signals(self, text: Text) -> tuple[Signal, ...]:
        low = own_words(normalise(text.text))
        finds = list(self._finds(low, sentences(low, text.type, text.direction)))
        if not finds:
            return ()
        mark = sha256(text.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return tuple(self._signal(text.text, mark, each) for each in settle(finds, self._cues.outweighs))

    def _finds(self, low: str, found: Sequence[Sentence]) -> Iterator[Find]:
        """The surest find of each signal in each sentence: rules stand in the order of their confidence."""
        for sentence, possible, held in self._index.candidates(low, found):
            signals: set[str] = set()
            for number in _bits(held & self._heard[sentence.voice]):
                rule = self._cues.rules[number]
                place = None if rule.signal in signals else self._place(number, low, sentence, possible)
                if place:
                    signals.add(rule.signal)
                    yield Find(rule.signal, rule.id, sentence, *place, rule.confidence)

    def _place(self, number: int, low: str, sentence: Sentence, possible: int) -> tuple[int, int] | None:
        """Where the rule holds first and means what it says."""
        rule, pattern = self._cues.rules[number], self._pattern(number, sentence.voice)
        found = pattern.search(low, sentence.start, sentence.end)
        while found:
            if not self._contexts[rule.language].blocks(
                rule, self._cues.actors[rule.signal], found, sentence, possible
            ):
                return found.span()
            found = pattern.search(low, found.start() + 1, sentence.end)
        return None

    def _pattern(self, number: int, voice: str) -> re.Pattern[str]:
        known = self._patterns.get((number, voice))
        if known is None:
            rule = self._cues.rules[number]
            known = regex(rule.slots, rule.language, self._cues.for_voice(rule.language, voice))
            self._patterns[number, voice] = known
        return known

    def _signal(self, text: str, mark: str, find: Find) -> Signal:
        start, end = _quote(text, find)
        return Signal(
            id=find.signal,
            rule=find.rule,
            start=start,
            end=end,
            quote=text[start:end],
            confidence=find.confidence,
            reader=self.version,
            text_hash=mark,
        )


@lru_cache(maxsize=4)
def load(playbook: Playbook | None = None) -> Reader:
    """The reader of a playbook's cues; of the one that comes with the product by default. Raises BadCue."""
    return Reader(cues_of(playbook or playbooks.load()))


def _quote(text: str, find: Find) -> tuple[int, int]:
    """The sentence of a find, or as much of it around the find as may be quoted."""
    start, end = find.sentence.start, find.sentence.end
    if end - start > QUOTE:
        start = max(start, min(find.start, end - QUOTE))
        end = min(end, start + QUOTE)
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in '"”」'):
        end -= 1
    return start, end


def _heard(cues: Cues, voice: str) -> int:
    """The rules, bit by number, that mean what they say in a voice."""
    return sum(1 << i for i, each in enumerate(cues.rules) if voice in voices(each, cues.actors[each.signal]))


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        mask ^= lowest
        yield lowest.bit_length() - 1
