"""The loss report (text 004): how a customer was lost, drafted from the records for owner and manager to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from crm_ext.annotate.annotate import annotate
from crm_ext.annotate.causes import (
    Answer,
    Quote,
    answer_words,
    answered,
    cause_words,
    facts_of,
    holding,
    leading,
    quote_words,
    quotes,
)
from crm_ext.annotate.promises import Promise, promises
from crm_ext.annotate.touches import OURS, QUESTIONS
from crm_ext.domain.annotation import Annotation, Stage
from crm_ext.domain.events import Direction, Timeline
from crm_ext.playbook import Playbook
from crm_ext.playbook.diagnoses import loss_of

COMPLAINTS = ("complaint_made", "complaint_repeated", "complaint_mishandled")
RIVALS = ("competitor_chosen", "competitor_considered", "price_only", "asks_discount")
HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """`lost` False: the customer is not lost by the playbook's rule, and there is no leading cause.

    `path` holds each change of stage; `touches_last` and `touches_norm` are ours in the last quarter and in an usual
    one; `reply_hours` is the median time to our answer, None where nothing was asked.
    """

    as_of: datetime
    lost: bool
    cause: str | None
    answers: tuple[Answer, ...]
    path: tuple[tuple[datetime, Stage | None], ...]
    promises: tuple[Promise, ...]
    complaints: tuple[Quote, ...]
    rivals: tuple[Quote, ...]
    touches_last: int
    touches_norm: float
    unanswered: int
    reply_hours: float | None


def report(timeline: Timeline, playbook: Playbook, annotation: Annotation) -> LossReport:
    """The draft. Nothing in it is a judgement on a named employee."""
    as_of = annotation.as_of
    rules, facts = loss_of(playbook), facts_of(timeline, playbook, annotation)
    answers = answered(rules.causes, timeline, playbook, as_of, facts)
    lost = bool(holding((rules.lost,), playbook)(facts))
    return LossReport(
        as_of=as_of,
        lost=lost,
        cause=leading(answers) if lost else None,
        answers=answers,
        path=path(timeline, playbook, as_of),
        promises=promises(timeline, as_of),
        complaints=quotes(COMPLAINTS, timeline, as_of),
        rivals=quotes(RIVALS, timeline, as_of),
        touches_last=int(facts["touches_last"]),
        touches_norm=round(facts["touches_norm"], 1),
        unanswered=int(facts["unanswered_inbound"]),
        reply_hours=reply_hours(timeline, as_of),
    )


def cause(timeline: Timeline, playbook: Playbook, annotation: Annotation) -> str:
    """The leading cause alone, empty where the records show none."""
    facts = facts_of(timeline, playbook, annotation)
    return leading(answered(loss_of(playbook).causes, timeline, playbook, annotation.as_of, facts)) or ""


def path(timeline: Timeline, playbook: Playbook, as_of: datetime) -> tuple[tuple[datetime, Stage | None], ...]:
    """The stage after each event, where it changed, and at the end."""
    days = sorted({event.at for event in timeline.events if event.at <= as_of} | {as_of})
    steps: list[tuple[datetime, Stage | None]] = []
    for day in days:
        stage = annotate(timeline, playbook, day).stage
        if not steps or steps[-1][1] is not stage:
            steps.append((day, stage))
    return tuple(steps)


def reply_hours(timeline: Timeline, as_of: datetime) -> float | None:
    """The median hours from a question of theirs to the next word of ours."""
    seen = sorted((each for each in timeline.events if each.at <= as_of), key=lambda each: each.at)
    waits = []
    for i, asked in enumerate(seen):
        if asked.direction is Direction.INBOUND and asked.type in QUESTIONS:
            reply = next((each.at for each in seen[i + 1 :] if each.direction in OURS), None)
            if reply is not None:
                waits.append((reply - asked.at).total_seconds() / HOUR)
    return round(median(waits), 1) if waits else None


def words(found: LossReport, playbook: Playbook, lang: str = "en") -> dict[str, Any]:
    """The report as JSON. Its status is draft until owner and manager have confirmed it."""
    rows = {each.id: each for each in loss_of(playbook).causes}
    return {
        "status": "draft",
        "lost": found.lost,
        "as_of": found.as_of.date().isoformat(),
        "cause": cause_words(rows[found.cause], playbook, lang) if found.cause else None,
        "causes": [
            {**answer_words(each, rows[each.id], playbook, lang), "training_claim_percent": rows[each.id].share}
            for each in found.answers
        ],
        "path": [{"at": at.date().isoformat(), "stage": stage and stage.key} for at, stage in found.path],
        "promises": [
            {"at": each.at.date().isoformat(), "state": each.state, "quote": each.text} for each in found.promises
        ],
        "complaints": [quote_words(each) for each in found.complaints],
        "rivals": [quote_words(each) for each in found.rivals],
        "touches": {"last_quarter": found.touches_last, "usual_quarter": found.touches_norm},
        "unanswered": found.unanswered,
        "reply_hours": found.reply_hours,
    }
