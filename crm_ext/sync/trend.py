"""How trust has moved: the same records, judged as of a month before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crm_ext.annotate import annotate
from crm_ext.domain.annotation import TrustObject
from crm_ext.domain.events import instant
from crm_ext.store import db
from crm_ext.store.models import Connection
from crm_ext.sync import playbooks
from crm_ext.sync.environment import config
from crm_ext.sync.timelines import timelines

MONTH = timedelta(days=30)
STEADY = 1.0


def trend(connection: Connection, annotation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By object of trust: `by`, the points gained or lost in thirty days, and `way`: up, down or steady.

    `annotation` is the one that is shown. Empty for somebody of whom nothing was known a month before.
    """
    before = instant(annotation["as_of"]) - MONTH
    for _, timeline in timelines(db.session(), connection, [annotation["id"]], config().lang):
        if any(each.at <= before for each in timeline.events):
            then = annotate(timeline, playbooks.active(), before).trust
            moved = {each.value: annotation["trust"][each.value] - getattr(then, each.value) for each in TrustObject}
            return {name: {"by": round(by, 1), "way": _way(by)} for name, by in moved.items()}
    return {}


def _way(by: float) -> str:
    return "steady" if abs(by) < STEADY else "up" if by > 0 else "down"
