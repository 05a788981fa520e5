"""A run under way: what every phase shares, and the one place where it commits."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm_ext.connector_api import Connector
from crm_ext.store import db
from crm_ext.store.bulk import table_of
from crm_ext.store.models import Connection, Failure, Run
from crm_ext.sync import parts, usage

Progress = Callable[[str, int, int | None], None]
"""Called with the phase, how much is done, and how much there is (None where nobody knows)."""

MAX_CHANGES = 200
RUNS = table_of(Run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run was asked to do. `accept`: whatever would stop it and ask; `reason`: why everything is pulled anew;
    `hinted`: only what webhooks told of is pulled.
    """

    full: bool = False
    dry_run: bool = False
    push: bool = True
    limit: int | None = None
    accept: bool = False
    reason: str = ""
    hinted: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, run: Run) -> Options:
        return cls(**{name: run.options.get(name, default) for name, default in cls().as_json().items()})


@dataclass(slots=True)
class Work:
    """One worker's share of a run, with its connector: the coordinator's, or a helper's.

    `counts` are the whole run's as of the last commit, with what was done here since. Where a `part` is in hand, its
    results are stored only while it is ours; where none is, only while we lead the run.
    """

    run: Run
    connection: Connection
    connector: Connector
    options: Options
    progress: Progress = lambda *_: None
    holder: str = parts.COORDINATOR
    part: parts.Held | None = None
    changes: list[dict[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(init=False)
    _stored: dict[str, Any] = field(init=False)
    _fence: int = field(init=False)
    _wall: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=time.process_time)
    _requests: int = 0

    def __post_init__(self) -> None:
        self._fence = self.run.fence
        self._read(self.run.counts)

    @property
    def session(self) -> Session:
        return db.session()

    @property
    def connection_id(self) -> int:
        return self.run.connection_id

    @property
    def as_of(self) -> datetime:
        return self.run.as_of

    @property
    def leads(self) -> bool:
        return self.holder == parts.COORDINATOR

    def commit(self) -> None:
        """Make the work so far durable; a dry run keeps all of it in a transaction that is rolled back in the end.

        Raises Lost, and stores nothing, where another worker has taken over.
        """
        if self.part is not None:
            parts.keep(self.session, self.part)
        if self.options.dry_run:
            self.session.flush()
            return
        self._account()
        self.session.commit()

    def rollback(self) -> None:
        """Forget what was done since the last commit."""
        self.session.rollback()
        self.part = None
        self.counts = counted(self._stored)

    def _account(self) -> None:
        """Add what was done since to the run's counts. Workers do so one by one, and each as its last statement."""
        row = self.session.execute(
            select(RUNS.c.counts, RUNS.c.fence).where(RUNS.c.id == self.run.id).with_for_update()
        ).one()
        if self.leads and row.fence != self._fence:
            raise parts.Lost(f"Run {self.run.id} was taken over.")
        since = self._since()
        totals = added(row.counts, since)
        self.session.execute(update(RUNS).where(RUNS.c.id == self.run.id).values(counts=totals))
        usage.add(self.session, self.connection_id, since)
        self._read(totals)

    def _read(self, counts: Mapping[str, Any]) -> None:
        self._stored = dict(counts)
        self.counts = counted(counts)
        self._wall, self._cpu, self._requests = time.monotonic(), time.process_time(), self.connector.requests

    def _since(self) -> dict[str, Any]:
        """What was counted, and what it cost, since the last commit. Time that passes is counted by one worker."""
        new = {name: count - self._stored.get(name, 0) for name, count in self.counts.items()}
        return {
            **new,
            "requests": self.connector.requests - self._requests,
            "seconds": time.monotonic() - self._wall if self.leads else 0.0,
            "cpu_seconds": time.process_time() - self._cpu,
            "max_rss_mb": max_rss_mb(),
        }

    def totals(self) -> dict[str, Any]:
        return added(self._stored, self._since())

    def enter(self, phase: str) -> None:
        """Say, for others to see, which phase the run has come to."""
        if self.run.phase != phase:
            self.run.phase = phase
            self.commit()

    def phase(self, name: str, done: int = 0, total: int | None = None) -> None:
        self.progress(name, done, total)

    def failure(self, stream: str, external_id: str, place: str, reason: str) -> None:
        self.counts["failed"] += 1
        self.session.add(
            Failure(run_id=self.run.id, stream=stream, external_id=external_id, place=place, reason=reason)
        )

    def change(self, external_id: str, field_name: str, old: str, new: str) -> None:
        """Remember a difference for the report of a dry run."""
        if len(self.changes) < MAX_CHANGES:
            self.changes.append({"external_id": external_id, "field": field_name, "old": old, "new": new})


def added(counts: Mapping[str, Any], since: Mapping[str, Any]) -> dict[str, Any]:
    """Counts and costs with what came to them: sums, and the larger of two peaks of memory."""
    sums = {name: round(counts.get(name, 0) + value, 3) for name, value in since.items()}
    peak = max(counts.get("max_rss_mb", 0.0), since.get("max_rss_mb", 0.0))
    return {**counts, **sums, "max_rss_mb": peak}


def max_rss_mb() -> float:
    """The largest memory this program ever had, in MB.

    Linux counts in `ru_maxrss` what the process had been before it became this program: a copy of its parent.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return round(int(peak.split()[1]) / 1024, 1)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


COSTS = ("requests", "seconds", "cpu_seconds", "max_rss_mb")


def counted(counts: Mapping[str, Any]) -> Counter[str]:
    """The counts of a run that is taken up again, without its costs."""
    return Counter({name: value for name, value in counts.items() if name not in COSTS})
