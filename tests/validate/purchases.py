"""Published purchase data as timelines: orders up to a day, and what came after."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crm_ext.annotate import annotate
from crm_ext.annotate.portfolio import fit
from crm_ext.annotate.timeline import moment
from crm_ext.annotate.value import Purchases, Summary, summary
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Direction, Event, EventType, Timeline, instant
from crm_ext.playbook import load
from tests.validate.measures import Vector

SHARED = Path(os.environ.get("CRM_EXT_SHARED") or Path(__file__).parents[3] / "shared")
CDNOW = SHARED / "data" / "cdnow_sample" / "CDNOW_sample.txt"
WEEK_39 = date(1997, 9, 30)
HORIZON_DAYS = 273
Order = tuple[date, float]


def read(path: Path) -> dict[str, list[Order]]:
    """Buyers and their orders. A line: an id, perhaps a second one, date, number of discs, dollars."""
    buyers: dict[str, list[Order]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        fields = line.split()
        if len(fields) >= 4 and fields[-3].isdigit():
            buyers[fields[0]].append((date.fromisoformat(fields[-3]), float(fields[-1])))
    return buyers


@dataclass(frozen=True)
class Trial:
    """Buyers seen up to a day and judged on the days after it."""

    buyers: dict[str, list[Order]]
    day: date = WEEK_39
    horizon_days: int = HORIZON_DAYS

    @cached_property
    def as_of(self) -> datetime:
        return moment(self.day.isoformat())

    @cached_property
    def known(self) -> list[str]:
        return [name for name, orders in self.buyers.items() if min(orders)[0] <= self.day]

    @cached_property
    def timelines(self) -> list[Timeline]:
        return [Timeline(id=name, events=tuple(self._events(name))) for name in self.known]

    @cached_property
    def summaries(self) -> list[Summary]:
        found = (summary(each.events, self.as_of) for each in self.timelines)
        return [each for each in found if each is not None]

    @cached_property
    def purchases(self) -> Purchases:
        return fit(self.summaries, self.horizon_days)

    @cached_property
    def annotations(self) -> list[Annotation]:
        playbook = load()
        return [annotate(each, playbook, self.as_of, self.purchases) for each in self.timelines]

    @cached_property
    def later_orders(self) -> Vector:
        return np.array([len(self._later(name)) for name in self.known], dtype=np.float64)

    @cached_property
    def later_money(self) -> Vector:
        return np.array([sum(money for _, money in self._later(name)) for name in self.known])

    @cached_property
    def came_back(self) -> NDArray[np.bool_]:
        return self.later_orders > 0

    def _events(self, name: str) -> list[Event]:
        return [
            Event(type=EventType.ORDER, at=instant(day), direction=Direction.INBOUND, amount=money, currency="USD")
            for day, money in self.buyers[name]
            if day <= self.day
        ]

    def _later(self, name: str) -> list[Order]:
        last = self.day + timedelta(days=self.horizon_days)
        return [each for each in self.buyers[name] if self.day < each[0] <= last]
