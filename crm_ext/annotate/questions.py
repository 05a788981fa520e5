"""All that can be asked about one contact, by name, and any answer in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from crm_ext.annotate import accounts, causes, desk, loss, tension
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.playbook import Playbook

Answer = causes.Diagnosis | tension.Zone | loss.LossReport | desk.Case | accounts.Account | desk.Reply
Question = Callable[[Timeline, Playbook, Annotation], Answer | None]


def _complaint(timeline: Timeline, playbook: Playbook, annotation: Annotation) -> desk.Case | None:
    return desk.case(timeline, playbook, annotation.as_of)


QUESTIONS: Mapping[str, Question] = {
    "no_purchase": partial(causes.diagnose, "no_purchase"),
    "no_referral": partial(causes.diagnose, "no_referral"),
    "tension": tension.tension,
    "loss": loss.report,
    "complaint": _complaint,
}
"""Answers: Diagnosis, Diagnosis, Zone (None: nobody tried yet), LossReport, Case (None: never complained)."""


def words(answer: Answer | None, playbook: Playbook, lang: str) -> dict[str, Any]:
    """An answer as JSON, its words in one language; `{"answer": None}` where there is nothing to answer."""
    return {"answer": None} if answer is None else WORDS[type(answer)](answer, playbook, lang)


WORDS: Mapping[type, Callable[[Any, Playbook, str], dict[str, Any]]] = {
    causes.Diagnosis: causes.words,
    tension.Zone: tension.words,
    loss.LossReport: loss.words,
    desk.Case: desk.case_words,
    accounts.Account: accounts.words,
    desk.Reply: lambda found, _playbook, _lang: desk.words(found),
}
