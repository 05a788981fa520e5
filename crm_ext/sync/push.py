"""Pushing: rows of the outbox go out in batches, and count as written only when the CRM said so."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, bindparam, delete, func, insert, select, update

from crm_ext.connector_api import Outcome, Result, Row
from crm_ext.domain.records import Stream
from crm_ext.domain.tags import DECIDING
from crm_ext.store import now
from crm_ext.store.bulk import table_of
from crm_ext.store.intake import edits
from crm_ext.store.models import ContactRow, LedgerEntry, OutboxRow
from crm_ext.store.removal import mark_dirty
from crm_ext.sync.work import Work

FRESH = timedelta(minutes=10)
"""How old what we read of a contact's tags may be before it is read again."""
ATTEMPTS = 3
SETTLE_EVERY = 100

OUTBOX, CONTACTS = table_of(OutboxRow), table_of(ContactRow)


def push(work: Work, *, of_run: int | None = None) -> None:
    """Send what waits, at most `limit` contacts; `of_run` sends only what that run queued."""
    total = waiting(work, of_run)
    if work.options.limit is not None:
        total = min(total, work.options.limit)
    answered: list[Result] = []
    for result in work.connector.push(_outgoing(work, of_run)):
        answered.append(result)
        if len(answered) >= SETTLE_EVERY:
            _settle(work, answered)
            answered = []
            work.phase("push", work.counts["pushed"], total)
    _settle(work, answered)


def settle_doubtful(work: Work) -> None:
    """Find out about rows that were handed over before a crash: written already, or to be sent again.

    Waits until what was sent has surely arrived (`Capabilities.settle`), then asks the CRM.
    """
    while rows := _rows(work, _where(work, "sending"), work.connector.capabilities.push_batch):
        latest = max(row["sent_at"] for row in rows)
        time.sleep(max(0.0, (latest - now()).total_seconds() + work.connector.capabilities.settle))
        there = work.connector.read_tags([row["contact_id"] for row in rows])
        done = [
            _held(row, {name: there[row["contact_id"]].get(name, "") for name in row["values"]})
            for row in rows
            if arrived(row["values"], there.get(row["contact_id"]))
        ]
        _written(work, done)
        again = {row["contact_id"] for row in rows} - {row["contact_id"] for row in done}
        _set(work, again, state="waiting")
        work.commit()


def arrived(values: Mapping[str, str], there: Mapping[str, str] | None) -> bool:
    return there is not None and all(there.get(name, "") == values.get(name, "") for name in DECIDING)


def waiting(work: Work, of_run: int | None = None) -> int:
    count = select(func.count()).select_from(OUTBOX).where(_where(work, "waiting", of_run))
    return work.session.scalar(count) or 0


def _where(work: Work, state: str, of_run: int | None = None) -> ColumnElement[bool]:
    where = (OUTBOX.c.connection_id == work.connection_id) & (OUTBOX.c.state == state)
    return where & (OUTBOX.c.run_id == of_run) if of_run is not None else where


def _rows(work: Work, where: ColumnElement[bool], size: int) -> Sequence[RowMapping]:
    query = select(OUTBOX).where(where).order_by(OUTBOX.c.contact_id).limit(size)
    return work.session.execute(query).mappings().all()


def _set(work: Work, ids: Collection[str], **values: Any) -> None:
    mine = (OUTBOX.c.connection_id == work.connection_id) & OUTBOX.c.contact_id.in_(ids)
    work.session.execute(update(OUTBOX).where(mine).values(**values))


def _each(work: Work, table: Table, key: ColumnElement[str], values: Mapping[str, Any], name: str, **same: Any) -> None:
    """Set one column of many rows, each to its own value, and other columns to the same one."""
    if values:
        statement = update(table).where(table.c.connection_id == work.connection_id, key == bindparam("key"))
        rows = [{"key": each, "value": value} for each, value in values.items()]
        work.session.connection().execute(statement.values({name: bindparam("value"), **same}), rows)


def _forget(work: Work, ids: Collection[str]) -> None:
    mine = (OUTBOX.c.connection_id == work.connection_id) & OUTBOX.c.contact_id.in_(ids)
    work.session.execute(delete(OUTBOX).where(mine))


def _outgoing(work: Work, of_run: int | None) -> Iterator[Row]:
    """Rows for the connector; each is marked as sent, durably, before it is handed over."""
    left = work.options.limit
    last = ""
    while left is None or left > 0:
        size = work.connector.capabilities.push_batch
        found = _rows(
            work,
            _where(work, "waiting", of_run) & (OUTBOX.c.contact_id > last),
            size if left is None else min(size, left),
        )
        if not found:
            return
        last = found[-1]["contact_id"]
        changed, was = _reread(work, [row["contact_id"] for row in found])
        kept = [row for row in found if row["contact_id"] not in changed]
        rows = [Row(row["contact_id"], row["values"], was.get(row["contact_id"], row["was"])) for row in kept]
        _set(work, [row.id for row in rows], state="sending", sent_at=now(), attempts=OUTBOX.c.attempts + 1)
        left = None if left is None else left - len(rows)
        work.commit()
        yield from rows


def _reread(work: Work, ids: Sequence[str]) -> tuple[set[str], dict[str, dict[str, str]]]:
    """Read the tags of contacts that were not read lately.

    Returns the contacts where a person changed something meanwhile, which are judged anew instead of written, and
    what now stands at the others.
    """
    mine = (CONTACTS.c.connection_id == work.connection_id) & CONTACTS.c.external_id.in_(ids)
    old = (CONTACTS.c.tags_at.is_(None)) | (CONTACTS.c.tags_at < now() - FRESH)
    query = select(CONTACTS.c.external_id, CONTACTS.c.written).where(mine, old)
    stale = {row.external_id: row.written for row in work.session.execute(query)}
    if not stale:
        return set(), {}
    there = {key: dict(tags) for key, tags in work.connector.read_tags(list(stale)).items()}
    _each(work, CONTACTS, CONTACTS.c.external_id, there, "tags", tags_at=now())
    _each(work, OUTBOX, OUTBOX.c.contact_id, there, "was")
    changed = {key for key, tags in there.items() if edits(tags, stale[key])}
    mark_dirty(work.session, work.connection_id, changed)
    _forget(work, changed)
    return changed, there


def _settle(work: Work, results: Sequence[Result]) -> None:
    """Record what became of the rows, all in one transaction."""
    answers = {result.id: result for result in results}
    mine = (OUTBOX.c.connection_id == work.connection_id) & OUTBOX.c.contact_id.in_(answers)
    rows = {row["contact_id"]: row for row in work.session.execute(select(OUTBOX).where(mine)).mappings()}
    by_outcome: dict[Outcome, list[RowMapping]] = {outcome: [] for outcome in Outcome}
    for key, row in rows.items():
        by_outcome[answers[key].outcome].append(row)
    _written(work, [_held(row, answers[row["contact_id"]].written) for row in by_outcome[Outcome.OK]])
    for row in by_outcome[Outcome.RETRY]:
        _again(work, row, answers[row["contact_id"]].detail)
    for row in by_outcome[Outcome.PERMANENT]:
        _refused(work, row, answers[row["contact_id"]].detail)
    gone = [row["contact_id"] for row in by_outcome[Outcome.GONE]]
    _forget(work, gone)
    work.counts["gone"] += len(gone)
    work.commit()


def _held(row: RowMapping, written: Mapping[str, str] | None) -> Mapping[str, Any]:
    """An outbox row with the values that the CRM holds of it."""
    return {**row, "values": row["values"] if written is None else dict(written)}


def _written(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """These rows stand in the CRM now: into the ledger with what they replaced, out of the outbox."""
    if not rows:
        return
    moment = now()
    entries = [
        {
            "connection_id": work.connection_id,
            "contact_id": row["contact_id"],
            "run_id": work.run.id,
            "at": moment,
            "values": row["values"],
            "replaced": row["was"],
        }
        for row in rows
    ]
    work.session.execute(insert(LedgerEntry), entries)
    statement = update(CONTACTS).where(
        CONTACTS.c.connection_id == work.connection_id, CONTACTS.c.external_id == bindparam("key")
    )
    statement = statement.values(
        written=bindparam("now_there"), written_at=moment, tags=bindparam("now_there"), tags_at=moment
    )
    stand = [{"key": row["contact_id"], "now_there": {**row["was"], **row["values"]}} for row in rows]
    work.session.connection().execute(statement, stand)
    _forget(work, [row["contact_id"] for row in rows])
    work.counts["pushed"] += len(rows)


def _again(work: Work, row: RowMapping, reason: str) -> None:
    """Try once more in the next run, unless that was tried often enough."""
    if row["attempts"] >= ATTEMPTS:
        _refused(work, row, reason)
        return
    _set(work, [row["contact_id"]], state="waiting", reason=reason)
    work.failure(Stream.CONTACTS.value, row["contact_id"], "write", reason)


def _refused(work: Work, row: RowMapping, reason: str) -> None:
    _set(work, [row["contact_id"]], state="failed", reason=reason)
    work.failure(Stream.CONTACTS.value, row["contact_id"], "write", reason)
