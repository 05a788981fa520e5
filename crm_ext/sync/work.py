"""A run under way: what every phase shares, and the one place where it commits."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from crm_ext.connector_api import Connector
from crm_ext.store import db
from crm_ext.store.models import Connection, Failure, Run

Progress = Callable[[str, int, int | None], None]
"""Called with the phase, how much is done, and how much there is (None where nobody knows)."""

MAX_CHANGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run was asked to do."""

    full: bool = False
    dry_run: bool = False
    push: bool = True
    limit: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"full": self.full, "dry_run": self.dry_run, "push": self.push, "limit": self.limit}

    @classmethod
    def of(cls, run: Run) -> Options:
        return cls(**{name: run.options[name] for name in cls().as_json()})


@dataclass(slots=True)
class Work:
    """One run with its connector. `counts` are saved with every commit; a run taken up again goes on counting."""

    run: Run
    connection: Connection
    connector: Connector
    options: Options
    progress: Progress = lambda *_: None
    counts: Counter[str] = field(default_factory=Counter)
    changes: list[dict[str, str]] = field(default_factory=list)
    wall: float = field(default_factory=time.monotonic)
    cpu: float = field(default_factory=time.process_time)
    requests: int = 0

    @property
    def session(self) -> Session:
        return db.session()

    @property
    def connection_id(self) -> int:
        return self.run.connection_id

    @property
    def as_of(self) -> datetime:
        return self.run.as_of

    def commit(self) -> None:
        """Make the work so far durable; a dry run keeps all of it in a transaction that is rolled back in the end."""
        if self.options.dry_run:
            self.session.flush()
            return
        self.run.counts = self.totals()
        self.session.commit()

    def phase(self, name: str, done: int = 0, total: int | None = None) -> None:
        self.run.phase = name
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

    def totals(self) -> dict[str, Any]:
        """The counts with what the run has cost so far, added to what it cost before it was taken up again."""
        before = self.run.options.get("before", {})
        return {
            **self.counts,
            "requests": before.get("requests", 0) + self.connector.requests,
            "seconds": round(before.get("seconds", 0.0) + time.monotonic() - self.wall, 2),
            "cpu_seconds": round(before.get("cpu_seconds", 0.0) + time.process_time() - self.cpu, 2),
            "max_rss_mb": max(before.get("max_rss_mb", 0.0), max_rss_mb()),
        }


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
