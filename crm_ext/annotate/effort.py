"""What each class costs and brings (texts 001 and 002): which customers earn, and which eat what others earn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from crm_ext.annotate.touches import OURS
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline

YEAR = timedelta(days=365)
NO_CLASS = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEffort:
    """One class of one currency: its contacts, our touches with them in the last year, their EV, and both as shares of
    all classes of that currency; `stages` counts the contacts by stage, so that an A at acquaintance stands out.
    """

    currency: str
    cls: str
    contacts: int
    touches: int
    touch_share: float
    ev: float
    ev_share: float
    stages: dict[str, int]


def effort(judged: Iterable[tuple[Timeline, Annotation]]) -> tuple[ClassEffort, ...]:
    """All classes, by currency and class; those without orders have neither."""
    touches: Counter[tuple[str, str]] = Counter()
    money: dict[tuple[str, str], float] = defaultdict(float)
    stages: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for timeline, annotation in judged:
        value = annotation.value
        key = (value.currency, value.cls or NO_CLASS)
        touches[key] += touched(timeline, annotation)
        money[key] += max(value.ev or 0.0, 0.0)
        stages[key][annotation.stage_name] += 1
    return tuple(
        ClassEffort(
            currency=key[0],
            cls=key[1],
            contacts=stages[key].total(),
            touches=touches[key],
            touch_share=_share(touches[key], touches, key[0]),
            ev=round(money[key], 2),
            ev_share=_share(money[key], money, key[0]),
            stages=dict(sorted(stages[key].items())),
        )
        for key in sorted(stages)
    )


def touched(timeline: Timeline, annotation: Annotation) -> int:
    """Our touches in the year before the annotation that a person made."""
    since = annotation.as_of - YEAR
    return sum(
        since < event.at <= annotation.as_of and event.direction in OURS and not event.automated
        for event in timeline.events
    )


def _share(part: float, whole: dict[tuple[str, str], float] | Counter[tuple[str, str]], currency: str) -> float:
    total = sum(each for (other, _), each in whole.items() if other == currency)
    return round(part / total, 3) if total else 0.0
