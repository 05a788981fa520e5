"""How often we were in touch: what diagnoses ask for beyond the facts of an annotation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crm_ext.domain.events import Direction, Event, EventType, Timeline
from crm_ext.playbook.facts import NEVER

DAY = timedelta(days=1)
QUARTER_DAYS = 91
ANSWER_DAYS = 14
OURS = frozenset({Direction.OUTBOUND, Direction.MUTUAL})
QUESTIONS = frozenset({EventType.EMAIL, EventType.MESSAGE, EventType.CALL, EventType.COMPLAINT})


def more(timeline: Timeline, as_of: datetime) -> Mapping[str, float]:
    """Facts of gifts, open deals and care."""
    seen = sorted((each for each in timeline.events if each.at <= as_of), key=lambda each: each.at)
    deals = [each for each in seen if each.type is EventType.DEAL_STAGE]
    return {
        "gifts": sum(each.type is EventType.GIFT for each in seen),
        "deal_moves": len(deals),
        "deal_age": (as_of - deals[-1].at) / DAY if deals else NEVER,
        "unanswered_inbound": unanswered(seen, as_of),
        **_per_quarter(seen, as_of),
    }


def unanswered(seen: list[Event], as_of: datetime) -> int:
    """How many of their questions in the last quarter had no answer of ours within two weeks."""
    asked = [
        each
        for each in seen
        if each.direction is Direction.INBOUND
        and each.type in QUESTIONS
        and ANSWER_DAYS <= (as_of - each.at) / DAY <= QUARTER_DAYS
    ]
    ours = [each.at for each in seen if each.direction in OURS]
    return sum(not any(0 <= (at - each.at) / DAY <= ANSWER_DAYS for at in ours) for each in asked)


def _per_quarter(seen: list[Event], as_of: datetime) -> Mapping[str, float]:
    """Our touches in the last quarter, and the mean of the quarters before it (0 where there was none)."""
    ages = [(as_of - each.at) / DAY for each in seen if each.direction in OURS and not each.automated]
    before = [age for age in ages if age > QUARTER_DAYS]
    quarters = max((max(before) - QUARTER_DAYS) / QUARTER_DAYS, 1.0) if before else 1.0
    return {"touches_last": len(ages) - len(before), "touches_norm": len(before) / quarters}
