"""Steps that rest: what a person has answered as done, not now or wrong is not recommended again at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from crm_ext.domain.events import Answered
from crm_ext.playbook.facts import NEVER

DAY = timedelta(days=1)


class Rest(NamedTuple):
    """The tactics that rest, and the days until the first of them may come up again."""

    tactics: frozenset[str] = frozenset()
    days: float = NEVER

    def sooner(self, due_at: datetime | None, as_of: datetime) -> datetime | None:
        """The end of the rest, where it comes before what is due."""
        if not self.tactics:
            return due_at
        wakes = as_of + timedelta(seconds=ceil(self.days * DAY.total_seconds()))
        return wakes if due_at is None else min(due_at, wakes)


NO_REST = Rest()


def resting(answers: tuple[Answered, ...], parameters: Mapping[str, float], as_of: datetime) -> Rest:
    """An answer of a kind that the playbook gives no days to lets nothing rest; the last one on a tactic counts."""
    last = {each.tactic: each for each in sorted(answers, key=lambda each: each.at) if each.at <= as_of}
    left = {each.tactic: parameters.get(f"rest_{each.answer}", 0.0) - (as_of - each.at) / DAY for each in last.values()}
    days = {tactic: rest for tactic, rest in left.items() if rest > 0}
    return Rest(frozenset(days), min(days.values())) if days else NO_REST
