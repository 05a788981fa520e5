"""One contact's way, step by step: read, computed, written, answered; and what a run did, contact by contact.

Nothing is kept for this alone: it is told from what is stored anyway, so that it costs a run nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, tuple_

from crm_ext.connector_api import Stream
from crm_ext.store import db
from crm_ext.store.models import (
    ActivityRow,
    AnnotationRow,
    CaseRow,
    ContactRow,
    DealRow,
    Failure,
    LedgerEntry,
    OutboxRow,
    Participant,
    Run,
)

STEPS = 20
"""How many of the newest steps of each kind are told."""
CHUNK = 1000
RECORDS = {Stream.ACTIVITIES: ActivityRow, Stream.DEALS: DealRow, Stream.CASES: CaseRow}
ORDER = ("read", "computed", "refused", "written")
"""Within one run, what comes after what."""

Step = dict[str, Any]
"""`at`, `run`, `state` (read, computed, written, waiting, sending, failed, refused) and what belongs to that state."""


def trace(row: ContactRow) -> list[Step]:
    """What happened to a contact, newest first; what waits to be written, or was given up, stands above."""
    steps = [*_read(row), *_refused(row), *_computed(row), *_written(row)]
    return [*_queued(row), *sorted(steps, key=_moment, reverse=True)]


def _moment(step: Step) -> tuple[int, int, str]:
    return step["run"] or 0, ORDER.index(step["state"]), step["at"] or ""


def _read(row: ContactRow) -> list[Step]:
    """Which run met the contact and its records last, and how many of them."""
    met: dict[int, dict[str, int]] = defaultdict(dict)
    met[row.seen][Stream.CONTACTS.value] = 1
    for stream, model in RECORDS.items():
        for run, count in db.session.execute(_counted(row, stream, model)):
            met[run][stream.value] = count
    newest = sorted(met, reverse=True)[:STEPS]
    begun = {run.id: run.started_at for run in db.session.scalars(select(Run).where(Run.id.in_(newest)))}
    changed = _iso(row.updated_at)
    return [
        {"at": _iso(begun.get(run)), "run": run, "state": "read", "records": met[run], "changed_at": changed}
        for run in newest
    ]


def _counted(row: ContactRow, stream: Stream, model: Any) -> Any:
    same = (model.connection_id == Participant.connection_id) & (model.external_id == Participant.record_id)
    mine = (Participant.connection_id == row.connection_id) & (Participant.contact_id == row.external_id)
    query = select(model.seen, func.count()).join(Participant, same)
    return query.where(mine, Participant.stream == stream.value).group_by(model.seen)


def _newest(model: Any, row: ContactRow) -> Sequence[Any]:
    mine = (model.connection_id == row.connection_id) & (model.contact_id == row.external_id)
    return db.session.scalars(select(model).where(mine).order_by(model.id.desc()).limit(STEPS)).all()


def _computed(row: ContactRow) -> list[Step]:
    return [
        {
            "at": _iso(each.since),
            "run": each.run_id,
            "state": "computed",
            "stage": each.stage,
            "trust_level": each.trust_level,
            "alerts": each.payload.get("alerts", []),
            "playbook": each.playbook,
            "as_of": _iso(each.as_of),
        }
        for each in _newest(AnnotationRow, row)
    ]


def _written(row: ContactRow) -> list[Step]:
    return [
        {
            "at": _iso(each.at),
            "run": each.run_id,
            "state": "written",
            "values": each.values,
            "replaced": each.replaced,
            "answered": "ok",
        }
        for each in _newest(LedgerEntry, row)
    ]


def _refused(row: ContactRow) -> list[Step]:
    """What a run could not read of it, or the CRM did not take, in the CRM's words."""
    query = select(Failure, Run.started_at).join(Run, Run.id == Failure.run_id)
    mine = (Run.connection_id == row.connection_id) & (Failure.external_id == row.external_id)
    query = query.where(mine, Failure.stream == Stream.CONTACTS.value).order_by(Failure.id.desc()).limit(STEPS)
    return [
        {"at": _iso(at), "run": each.run_id, "state": "refused", "place": each.place, "reason": each.reason}
        for each, at in db.session.execute(query)
    ]


def _queued(row: ContactRow) -> list[Step]:
    each = db.session.get(OutboxRow, (row.connection_id, row.external_id))
    return [_waits(each)] if each else []


def _waits(each: OutboxRow) -> Step:
    return {
        "at": _iso(each.sent_at or each.queued_at),
        "run": each.run_id,
        "state": each.state,
        "values": each.values,
        "replaced": each.was,
        "attempts": each.attempts,
        "reason": each.reason,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


COLUMNS = ("contact", "name", "state", "at", "field", "old", "new", "reason")


def lines(run: Run) -> Iterator[Mapping[str, Any]]:
    """What a run did, a line for each field of each contact, in `COLUMNS`; first what failed, then what was written."""
    query = select(Failure).where(Failure.run_id == run.id).order_by(Failure.id).execution_options(yield_per=CHUNK)
    for each in db.session.scalars(query):
        state = "refused" if each.place == "write" else "unread"
        yield {"contact": each.external_id, "state": state, "field": each.stream, "reason": each.reason}
    for entry in _entries(run):
        yield from _fields(entry)


def _entries(run: Run) -> Iterator[RowMapping]:
    """Each write of a run with the contact's name, a chunk at a time."""
    same = (ContactRow.connection_id == run.connection_id) & (ContactRow.external_id == LedgerEntry.contact_id)
    columns = (LedgerEntry.id, LedgerEntry.contact_id, LedgerEntry.at, LedgerEntry.values, LedgerEntry.replaced)
    query = select(*columns, ContactRow.name).outerjoin(ContactRow, same).where(LedgerEntry.run_id == run.id)
    query = query.order_by(LedgerEntry.contact_id, LedgerEntry.id).limit(CHUNK)
    place = tuple_(LedgerEntry.contact_id, LedgerEntry.id)
    last: tuple[str, int] = ("", 0)
    while rows := db.session.execute(query.where(place > last)).mappings().all():
        yield from rows
        last = (rows[-1]["contact_id"], rows[-1]["id"])


def _fields(entry: RowMapping) -> Iterator[Mapping[str, Any]]:
    same = {"contact": entry["contact_id"], "name": entry["name"], "state": "written", "at": _iso(entry["at"])}
    for field, new in entry["values"].items():
        old = entry["replaced"].get(field, "")
        if old != new:
            yield {**same, "field": field, "old": old, "new": new}


def found(run: Run, text: str, limit: int = STEPS) -> list[tuple[str, str, list[Step]]]:
    """Contacts of a run's connection by id, name or e-mail: id, name, and what this run did with each."""
    columns = (ContactRow.name, ContactRow.email)
    hit: ColumnElement[bool] = or_(
        ContactRow.external_id == text, *(each.icontains(text, autoescape=True) for each in columns)
    )
    query = select(ContactRow).where(ContactRow.connection_id == run.connection_id, hit)
    met = db.session.scalars(query.order_by(ContactRow.external_id).limit(limit)).all()
    return [(each.external_id, each.name, [step for step in trace(each) if step["run"] == run.id]) for each in met]


def given_up(run: Run, limit: int) -> Sequence[OutboxRow]:
    """What the CRM refused for good and lies there, of the run's connection, with the reason."""
    mine = (OutboxRow.connection_id == run.connection_id) & (OutboxRow.state == "failed")
    return db.session.scalars(select(OutboxRow).where(mine).order_by(OutboxRow.contact_id).limit(limit)).all()
