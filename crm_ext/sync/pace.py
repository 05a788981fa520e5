"""A CRM account's rate limit, kept over all workers: the database counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from uuid import uuid4

from sqlalchemy import Connection as Link
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from crm_ext.connector_api import Pace
from crm_ext.connector_api.pace import Rates
from crm_ext.store.bulk import table_of
from crm_ext.store.models import PaceRow

UNANSWERED = 150.0
"""Seconds after which a request counts as answered though nobody said so: its worker is dead."""
LOOK = 0.05
"""Seconds between two looks whether a request under way was answered."""
LONGEST = 1.0

PACES = table_of(PaceRow)
CLOCK = func.extract("epoch", func.clock_timestamp())


class SharedPace(Pace):
    """As `Pace`, for every worker that talks to this account over this PostgreSQL database."""

    def __init__(self, engine: Engine, connection_id: int, rates: Rates, lane: str = "") -> None:
        super().__init__(rates, lane)
        self._engine = engine
        self._key = {"connection_id": connection_id, "lane": lane}
        self._mine = (PACES.c.connection_id == connection_id) & (PACES.c.lane == lane)
        self._here = threading.local()
        self._known = 0

    def told(self, left: int, took: float) -> None:
        """Requests that no worker knows of were sent by others, and are kept like ours."""
        count, seconds = self.rates[0]
        if count - left <= self._known:
            return
        with self._engine.begin() as link:
            requests, now = self._read(link)
            known = sum(now - at < seconds + took for at in requests.values())
            others = {uuid4().hex[:12]: now for _ in range(count - left - known)}
            if others:
                link.execute(update(PACES).where(self._mine).values(requests=requests | others))

    def __enter__(self) -> None:
        self._here.name = uuid4().hex[:12] if self.rates else ""
        while self.rates and (wait := self._entered(self._here.name)):
            time.sleep(min(wait, LONGEST))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._here.name:
            answered = func.jsonb_build_object(self._here.name, CLOCK)
            with self._engine.begin() as link:
                _hurry(link)
                link.execute(update(PACES).where(self._mine).values(requests=PACES.c.requests.op("||")(answered)))

    def _entered(self, name: str) -> float:
        """Count a request in, if it may leave now; else the seconds after which to ask again."""
        with self._engine.begin() as link:
            link.execute(insert(PACES).values(**self._key, requests={}).on_conflict_do_nothing())
            requests, now = self._read(link)
            wait = pause(requests.values(), self.rates, now)
            if not wait:
                kept = _counting(requests, self.rates, now) | {name: now + UNANSWERED}
                link.execute(update(PACES).where(self._mine).values(requests=kept))
                self._known = sum(now - at < self.rates[0][1] for at in kept.values())
        return wait

    def _read(self, link: Link) -> tuple[dict[str, float], float]:
        """The requests, which nobody else changes before the transaction ends, and the time."""
        _hurry(link)
        requests = dict(link.scalar(select(PACES.c.requests).where(self._mine).with_for_update()) or {})
        return requests, float(link.scalar(select(CLOCK)) or 0.0)


def pause(times: Iterable[float], rates: Rates, now: float) -> float:
    """Seconds to wait before another request may leave, 0 for none."""
    ordered = sorted(times)
    return max(_pause(ordered, count, seconds, now) for count, seconds in rates)


def _pause(times: Sequence[float], count: int, seconds: float, now: float) -> float:
    recent = [each for each in times if now - each < seconds]
    excess = len(recent) - count
    if excess < 0:
        return 0.0
    return LOOK if recent[excess] > now else max(LOOK, recent[excess] + seconds - now)


def _counting(requests: Mapping[str, float], rates: Rates, now: float) -> dict[str, float]:
    longest = max(seconds for _, seconds in rates)
    return {name: at for name, at in requests.items() if now - at < 2 * longest}


def _hurry(link: Link) -> None:
    """A count that a power cut forgets is no loss; waiting for the disk at every request would be."""
    link.execute(text("SET LOCAL synchronous_commit = off"))
