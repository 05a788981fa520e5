"""How the book moved: over time, in and out of stages, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from crm_ext.store.base import db, now
from crm_ext.store.models import ContactRow, Move
from crm_ext.store.queries.slices import Query, Slice

CAUSES = 5
WAYS = ("came", "rose", "fell")
Stages = dict[int | None, int]


def stages(of: Slice) -> Stages:
    """Contacts by stage now; None where there is not enough evidence. Who waits to be judged is left out."""
    query = select(ContactRow.stage, func.count().label("n"))
    query = query.where(ContactRow.trust_level.is_not(None), *of.conditions())
    return {row.stage: row.n for row in db.session.execute(query.group_by(ContactRow.stage))}


def trail(of: Slice, today: Stages) -> list[tuple[date, Stages]]:
    """Contacts by stage at the end of each week, oldest first: from today's, moves are taken back week by week."""
    end = now()
    ends = [end - timedelta(weeks=back) for back in range(of.weeks + 1)]
    flows = _by_week(of, end)
    found, standing = [(ends[0].date(), Counter(today))], Counter(today)
    for week, (_, before) in enumerate(pairwise(ends)):
        for (way, old, new), count in flows.get(week, {}).items():
            standing[new] -= count
            if way != "came":
                standing[old] += count
        found.append((before.date(), Counter(standing)))
    return [(day, {stage: max(0, count) for stage, count in each.items()}) for day, each in reversed(found)]


def _by_week(of: Slice, end: datetime) -> dict[int, Counter[tuple[str, int | None, int | None]]]:
    """Moves by weeks back from the end, counted by the database per day."""
    day = func.date(Move.at)
    query = select(day, Move.way, Move.stage_from, Move.stage_to, func.count()).where(
        Move.way.in_(WAYS), Move.at > of.since
    )
    grouped = of.of(query, Move).group_by(day, Move.way, Move.stage_from, Move.stage_to)
    found: dict[int, Counter[tuple[str, int | None, int | None]]] = {}
    for when, way, old, new, count in db.session.execute(grouped):
        on = when if isinstance(when, date) else date.fromisoformat(when)
        week = min(max(0, (end.date() - on).days) // 7, of.weeks - 1)
        found.setdefault(week, Counter())[way, old, new] += count
    return found


def flows(of: Slice) -> dict[str, dict[tuple[int | None, int | None], int]]:
    """How many contacts came, rose and fell, by the stages they moved between, the most frequent first."""
    query = select(Move.way, Move.stage_from, Move.stage_to, func.count().label("n")).where(
        Move.way.in_(WAYS), Move.at > of.since
    )
    found: dict[str, dict[tuple[int | None, int | None], int]] = {way: {} for way in WAYS}
    rows = db.session.execute(of.of(query, Move).group_by(Move.way, Move.stage_from, Move.stage_to))
    for way, old, new, count in sorted(rows, key=lambda row: -row[3]):
        found[way][old, new] = count
    return found


def causes(of: Slice, way: str) -> Sequence[Any]:
    """The most frequent causes of moves up or down; empty where time alone made them."""
    query = select(Move.cause, func.count()).where(Move.way == way, Move.at > of.since)
    return db.session.execute(
        of.of(query, Move).group_by(Move.cause).order_by(func.count().desc(), Move.cause).limit(CAUSES)
    ).all()


def losses(of: Slice) -> dict[str, int]:
    """Contacts that were lost in the period, by the leading cause of each."""
    query = select(Move.loss, func.count()).where(Move.loss != "", Move.at > of.since)
    return dict(map(tuple, db.session.execute(of.of(query, Move).group_by(Move.loss))))


@dataclass(frozen=True, slots=True)
class Moved:
    """Which moves to list. `old` and `new` are stages, -1 for no evidence; a cause may be empty."""

    way: str = ""
    old: int | None = None
    new: int | None = None
    cause: str | None = None
    loss: str = ""


def listed(of: Slice, wanted: Moved) -> Query:
    """Contact and move of each, the newest first."""
    query = select(ContactRow, Move).join(
        ContactRow, (ContactRow.connection_id == Move.connection_id) & (ContactRow.external_id == Move.contact_id)
    )
    query = query.where(Move.at > of.since, *of.conditions()).order_by(Move.at.desc(), Move.id.desc())
    if wanted.way:
        query = query.where(Move.way == wanted.way)
    for column, stage in ((Move.stage_from, wanted.old), (Move.stage_to, wanted.new)):
        if stage is not None:
            query = query.where(column == stage if stage >= 0 else column.is_(None))
    if wanted.cause is not None:
        query = query.where(Move.cause == wanted.cause)
    return query.where(Move.loss == wanted.loss) if wanted.loss else query
