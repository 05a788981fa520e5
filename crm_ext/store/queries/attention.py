"""What a manager should look at: how long contacts stay, who hangs by one thread, what was done and what it led to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, case, cast, func, select

from crm_ext.domain.annotation import Stage
from crm_ext.domain.records import CaseKind, Stream
from crm_ext.store.base import db, now
from crm_ext.store.models import CaseRow, CompanyRow, ContactRow, Participant, StepAnswer
from crm_ext.store.queries.slices import Query, Slice

AGES = ((2, "days_2"), (7, "week"), (30, "month"), (10_000, "older"))
"""Up to so many days old."""
OWNER = cast(ContactRow.connection_id, String) + "/" + ContactRow.owner_id
"""Who looks after a contact, as `connection/id`."""
WARM = Stage.INTERACTION
LOW = Stage.ACQUAINTANCE


def stays(of: Slice) -> dict[int, tuple[int, float]]:
    """By stage: contacts, and the median of days since they came to it."""
    return {int(stage): found for stage in Stage if (found := _stay(of, stage))}


def _stay(of: Slice, stage: Stage) -> tuple[int, float] | None:
    mine = (ContactRow.stage == int(stage), ContactRow.stage_since.is_not(None), *of.conditions())
    count = db.session.scalar(select(func.count()).select_from(ContactRow).where(*mine)) or 0
    query = select(ContactRow.stage_since).where(*mine).order_by(ContactRow.stage_since)
    middle: datetime | None = db.session.scalar(query.offset(count // 2).limit(1))
    return (count, (now() - middle) / timedelta(days=1)) if middle else None


def alerts(of: Slice) -> dict[str, int]:
    """Contacts per alert, the most frequent first."""
    query = select(ContactRow.alerts, func.count()).where(ContactRow.alerts != "", *of.conditions())
    found: Counter[str] = Counter()
    for ids, count in db.session.execute(query.group_by(ContactRow.alerts)):
        found.update(dict.fromkeys(filter(None, ids.split(";")), count))
    return dict(found.most_common())


def low(of: Slice) -> int:
    """Contacts of class A that have not come further than acquaintance."""
    mine = (ContactRow.value_class == "A", ContactRow.stage <= int(LOW), *of.conditions())
    return db.session.scalar(select(func.count()).select_from(ContactRow).where(*mine)) or 0


def threads(of: Slice) -> Query:
    """Companies that hang by one thread: a single person of theirs has come to interaction or further."""
    single = _single(of).subquery()
    same = (CompanyRow.connection_id == single.c.connection_id) & (CompanyRow.external_id == single.c.company_id)
    person = (ContactRow.connection_id == single.c.connection_id) & (ContactRow.external_id == single.c.contact_id)
    query = select(ContactRow, CompanyRow.name).select_from(single).join(ContactRow, person).outerjoin(CompanyRow, same)
    return query.order_by(ContactRow.trust_level.desc(), ContactRow.connection_id, ContactRow.external_id)


def _single(of: Slice) -> Query:
    key = (ContactRow.connection_id, ContactRow.company_id)
    warm = (ContactRow.stage >= int(WARM), ContactRow.company_id.is_not(None), *of.conditions())
    one = select(*key, func.min(ContactRow.external_id).label("contact_id"))
    return one.where(*warm).group_by(*key).having(func.count() == 1)


def thread_count(of: Slice) -> int:
    return count(_single(of))


def count(query: Query) -> int:
    return db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def complaints(of: Slice, age: str = "") -> Query:
    """Complaints that the CRM has open, the oldest first, each with a person who made it."""
    link = (Participant.connection_id == CaseRow.connection_id) & (Participant.record_id == CaseRow.external_id)
    person = (ContactRow.connection_id == Participant.connection_id) & (
        ContactRow.external_id == Participant.contact_id
    )
    query = (
        select(ContactRow, CaseRow)
        .join(Participant, person)
        .join(CaseRow, link & (Participant.stream == Stream.CASES.value))
        .where(CaseRow.kind == CaseKind.COMPLAINT.value, CaseRow.closed_at.is_(None), *of.conditions())
    )
    newest, oldest = _bounds(age)
    return query.where(CaseRow.at <= newest, CaseRow.at > oldest).order_by(CaseRow.at, CaseRow.external_id)


def _bounds(age: str) -> tuple[datetime, datetime]:
    """The newest and the oldest moment of an age."""
    end, days = now(), 0
    for limit, name in AGES:
        if name == age:
            return end - timedelta(days=days), end - timedelta(days=limit)
        days = limit
    return end, end - timedelta(days=AGES[-1][0])


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step, how it was answered, and what became of the contacts where it was done."""

    tactic: str
    done: int
    not_now: int
    wrong: int
    rose: int
    fell: int


def steps(of: Slice) -> list[Outcome]:
    """Steps answered in the period, the most frequent first; `rose` and `fell` compare the stage then and now."""
    said = {name: func.sum(case((StepAnswer.answer == name, 1), else_=0)) for name in ("done", "not_now", "wrong")}
    then, today = (func.coalesce(each, -1) for each in (StepAnswer.stage, ContactRow.stage))
    done = StepAnswer.answer == "done"
    rose, fell = (func.sum(case((done & moved, 1), else_=0)) for moved in (today > then, today < then))
    query = _answers(of, StepAnswer.tactic, *said.values(), rose, fell)
    rows = db.session.execute(query.group_by(StepAnswer.tactic).order_by(func.count().desc(), StepAnswer.tactic))
    return [Outcome(row[0], *map(int, row[1:])) for row in rows]


def answers(of: Slice, tactic: str, answer: str) -> Query:
    """Contact and answer of each, the newest first."""
    query = _answers(of, ContactRow, StepAnswer).order_by(StepAnswer.at.desc(), StepAnswer.id.desc())
    wanted = ((StepAnswer.tactic, tactic), (StepAnswer.answer, answer))
    return query.where(*(column == value for column, value in wanted if value))


def _answers(of: Slice, *columns: Any) -> Query:
    person = (ContactRow.connection_id == StepAnswer.connection_id) & (ContactRow.external_id == StepAnswer.contact_id)
    return (
        select(*columns)
        .select_from(StepAnswer)
        .join(ContactRow, person)
        .where(StepAnswer.at > of.since, *of.conditions())
    )


def table(of: Slice, by: Any) -> Sequence[Any]:
    """Contacts by a column of theirs and by stage."""
    query = select(by, ContactRow.stage, func.count()).where(ContactRow.trust_level.is_not(None), *of.conditions())
    return db.session.execute(query.group_by(by, ContactRow.stage)).all()
