"""Why something does not happen: one leading answer out of a playbook's rows, with the quotes that support each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from crm_ext.annotate.compiled import compiled
from crm_ext.annotate.fold import gather
from crm_ext.annotate.judge import NO_STAGE, judge
from crm_ext.annotate.touches import more
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import RecordRef, Timeline
from crm_ext.playbook import Playbook
from crm_ext.playbook.check import known
from crm_ext.playbook.diagnoses import MORE_FACTS, Cause, Tree, trees_of
from crm_ext.playbook.items import LANGUAGES, Text
from crm_ext.playbook.rules import Collector, Facts, collector

MOST_QUOTES = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """What was said, in which event of the timeline (its index) and record of the CRM, when."""

    signal: str
    event: int
    at: datetime
    text: str
    record: RecordRef | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`state`: said (they told us), likely (the records suggest it) or not_shown."""

    id: str
    state: str
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`cause` is the leading answer, None without enough evidence; `notes` are further remarks."""

    question: str
    as_of: datetime
    cause: str | None
    answers: tuple[Answer, ...]
    notes: tuple[Answer, ...] = ()


def diagnose(question: str, timeline: Timeline, playbook: Playbook, annotation: Annotation) -> Diagnosis:
    """Answers one of the playbook's questions about a contact, as of its annotation."""
    tree = trees_of(playbook)[question]
    facts = facts_of(timeline, playbook, annotation)
    if not holding((tree.enough,), playbook)(facts):
        return Diagnosis(question, annotation.as_of, None, ())
    answers = answered(tree.causes, timeline, playbook, annotation.as_of, facts)
    notes = answered(tree.notes, timeline, playbook, annotation.as_of, facts)
    shown = tuple(each for each in notes if each.state != "not_shown")
    return Diagnosis(question, annotation.as_of, leading(answers), answers, shown)


def answered(
    causes: Sequence[Cause], timeline: Timeline, playbook: Playbook, as_of: datetime, facts: Facts
) -> tuple[Answer, ...]:
    """Every row with its state and quotes, in the playbook's order."""
    asked = frozenset(f"says_{cause.id}" for cause in causes)
    facts = {**facts, **{f"says_{cause.id}": float(_says(cause, timeline, as_of)) for cause in causes}}
    said = set(holding(tuple(each.said for each in causes), playbook, asked)(facts))
    likely = set(holding(tuple(each.when for each in causes), playbook, asked)(facts))
    return tuple(
        Answer(
            cause.id,
            "said" if i in said else "likely" if i in likely else "not_shown",
            quotes(cause.signals, timeline, as_of),
        )
        for i, cause in enumerate(causes)
    )


def leading(answers: Iterable[Answer]) -> str | None:
    """The first that they told us, else the first that the records suggest."""
    found = sorted((each for each in answers if each.state != "not_shown"), key=lambda each: each.state != "said")
    return found[0].id if found else None


def quotes(signals: Collection[str], timeline: Timeline, as_of: datetime) -> tuple[Quote, ...]:
    """The newest quotes of these signals, newest first."""
    found = [
        Quote(signal.id, i, event.at, signal.quote or event.text, event.record)
        for i, event in enumerate(timeline.events)
        if event.at <= as_of
        for signal in event.signals or ()
        if signal.id in signals
    ]
    return tuple(sorted(found, key=lambda each: (each.at, each.event), reverse=True)[:MOST_QUOTES])


def facts_of(timeline: Timeline, playbook: Playbook, annotation: Annotation) -> Facts:
    """The facts that the annotation was made of, what it came to, and some that only diagnoses ask for."""
    rules = compiled(playbook)
    fold = gather(rules, timeline, annotation.as_of)
    facts = fold.done()
    judge(rules, facts, fold.lines)
    facts["stage"] = NO_STAGE if annotation.stage is None else int(annotation.stage)
    facts.update({f"alert_{each}": 1 for each in annotation.alerts}, **more(timeline, annotation.as_of))
    return facts


def cause_words(cause: Cause, playbook: Playbook, lang: str) -> dict[str, Any]:
    """A row as JSON, in one language."""
    return {
        "id": cause.id,
        "name": cause.name.lang(lang),
        "remedy": cause.remedy.lang(lang),
        "source": cause.source,
        "tactics": [{"id": each, "text": playbook.tactics[each].text.lang(lang)} for each in cause.tactics],
    }


def answer_words(answer: Answer, cause: Cause, playbook: Playbook, lang: str) -> dict[str, Any]:
    said = [{"signal": each.signal, **quote_words(each)} for each in answer.quotes]
    return {**cause_words(cause, playbook, lang), "state": answer.state, "quotes": said}


def quote_words(quote: Quote) -> dict[str, Any]:
    record = quote.record and {"stream": quote.record.stream.value, "id": quote.record.id}
    return {"event": quote.event, "at": quote.at.date().isoformat(), "quote": quote.text, "record": record}


def words(found: Diagnosis, playbook: Playbook, lang: str = "en") -> dict[str, Any]:
    """A diagnosis as JSON, its words in one language."""
    tree: Tree = trees_of(playbook)[found.question]
    rows = {each.id: each for each in (*tree.causes, *tree.notes)}
    return {
        "question": found.question,
        "text": tree.name.lang(lang),
        "as_of": found.as_of.date().isoformat(),
        "enough_evidence": found.cause is not None,
        "cause": cause_words(rows[found.cause], playbook, lang) if found.cause else None,
        "ask": [] if found.cause else [each.lang(lang) for each in tree.ask],
        "answers": [answer_words(each, rows[each.id], playbook, lang) for each in found.answers],
        "notes": [answer_words(each, rows[each.id], playbook, lang) for each in found.notes],
    }


def matches(pattern: Text, texts: Iterable[str]) -> bool:
    """Does one of the texts say it, in either language?"""
    return any(_pattern(pattern.lang(lang)).search(text) for text in texts for lang in LANGUAGES)


def _says(cause: Cause, timeline: Timeline, as_of: datetime) -> bool:
    return bool(cause.pattern) and matches(cause.pattern, _texts(cause.signals, timeline, as_of))


def _texts(signals: Collection[str], timeline: Timeline, as_of: datetime) -> Iterator[str]:
    for event in timeline.events:
        if event.at <= as_of and any(each.id in signals for each in event.signals or ()):
            yield event.text or " ".join(each.quote for each in event.signals or ())


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=64)
def holding(rules: tuple[str, ...], playbook: Playbook, asked: frozenset[str] = frozenset()) -> Collector:
    """From facts to the positions of the rules that hold; `asked` are facts of the caller's own."""
    return collector(rules, known(playbook) | MORE_FACTS.keys() | asked)
