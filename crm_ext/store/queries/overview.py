"""The state of the book and of the connections, for the first page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from crm_ext.domain.annotation import Stage
from crm_ext.store.base import db
from crm_ext.store.models import Connection, ContactRow, Run
from crm_ext.store.queries.scope import Scope

LISTED = 50


@dataclass(frozen=True, slots=True)
class Book:
    """How many contacts stand at each stage, at none for want of evidence, or wait for their first judgement."""

    stages: dict[int, int]
    unknown: int = 0
    waiting: int = 0
    alerts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.stages.values()) + self.unknown + self.waiting

    def share(self, count: int) -> float:
        return count / self.total if self.total else 0.0


def book(scope: Scope) -> Book:
    mine = scope.condition()
    waits = ContactRow.trust_level.is_(None)
    query = select(ContactRow.stage, waits, func.count()).where(mine).group_by(ContactRow.stage, waits)
    counts = {(stage, bool(waiting)): count for stage, waiting, count in db.session.execute(query)}
    return Book(
        stages={stage.value: counts.get((stage.value, False), 0) for stage in Stage},
        unknown=counts.get((None, False), 0),
        waiting=counts.get((None, True), 0),
        alerts=_alerts(scope),
    )


def _alerts(scope: Scope) -> dict[str, int]:
    """Contacts per alert, the most frequent first."""
    query = select(ContactRow.alerts, func.count()).where(ContactRow.alerts != "", scope.condition())
    found: Counter[str] = Counter()
    for ids, count in db.session.execute(query.group_by(ContactRow.alerts)):
        found.update(dict.fromkeys(filter(None, ids.split(";")), count))
    return dict(found.most_common())


def last_runs(limit: int = LISTED, connection_id: int | None = None) -> Sequence[tuple[Run, str]]:
    """The latest runs, each with its connection's name."""
    query = select(Run, Connection.name).join(Connection, Connection.id == Run.connection_id)
    if connection_id is not None:
        query = query.where(Run.connection_id == connection_id)
    return [(run, name) for run, name in db.session.execute(query.order_by(Run.id.desc()).limit(limit))]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something an administrator should look at. `kind`: paused, push_paused, new, failed."""

    kind: str
    connection: Connection
    run: Run | None = None


def troubles() -> list[Trouble]:
    """What stands in the way of fresh tags, connection by connection."""
    runs = newest_runs()
    rows = db.session.scalars(select(Connection).order_by(Connection.name))
    return [found for each in rows for found in _of(each, runs.get(each.id))]


def _of(connection: Connection, run: Run | None) -> list[Trouble]:
    signs = (
        ("paused", connection.paused),
        ("push_paused", connection.push_paused),
        ("new", run is None),
        ("failed", run is not None and run.status in {"failed", "stopped", "partial"}),
    )
    return [Trouble(kind, connection, run) for kind, holds in signs if holds]


def connections() -> Sequence[tuple[Connection, int, Run | None]]:
    """Every connection with the number of its contacts and its newest run."""
    counted = select(ContactRow.connection_id, func.count().label("size")).group_by(ContactRow.connection_id)
    sizes = {row.connection_id: row.size for row in db.session.execute(counted)}
    runs = newest_runs()
    rows = db.session.scalars(select(Connection).order_by(Connection.name))
    return [(each, sizes.get(each.id, 0), runs.get(each.id)) for each in rows]


def newest_runs() -> dict[int, Run]:
    newest = select(func.max(Run.id)).group_by(Run.connection_id)
    return {run.connection_id: run for run in db.session.scalars(select(Run).where(Run.id.in_(newest)))}


def names() -> dict[int, str]:
    """The connections' names by id."""
    query = select(Connection.id, Connection.name).order_by(Connection.name)
    return {row.id: row.name for row in db.session.execute(query)}
