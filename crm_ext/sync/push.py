"""Pushing: rows of the outbox go out in batches, and count as written only when the CRM said so."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, bindparam, delete, func, insert, select, true, update

from crm_ext.connector_api import Outcome, Result, Row
from crm_ext.domain.records import Stream
from crm_ext.domain.tags import DECIDING
from crm_ext.store import now
from crm_ext.store.bulk import table_of
from crm_ext.store.intake import edits
from crm_ext.store.models import ContactRow, LedgerEntry, OutboxRow
from crm_ext.store.removal import mark_dirty
from crm_ext.sync import limits
from crm_ext.sync.parts import Held
from crm_ext.sync.work import Work

FRESH = timedelta(minutes=10)
"""How old what we read of a contact's tags may be before it is read again."""
ATTEMPTS = 5
RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=25), timedelta(hours=2))
"""How long a write rests after its first, second … failure that may pass. On the command line it is tried at once."""
SETTLE_EVERY = 100

EVERYTHING = true()

OUTBOX, CONTACTS = table_of(OutboxRow), table_of(ContactRow)


PHASE = "push"
BY_TIME = (False, True)
"""Where requests are counted, what changed is written before what time alone changed."""
SHARD = 5
"""Batches that one worker writes before it looks for another part."""


def orders(work: Work) -> Iterator[dict[str, Any]]:
    """What waits, in shards that bear the first id and the last; in one where it has to be written in one go."""
    shard = work.connector.capabilities.push_batch * SHARD
    if work.options.limit is not None or not work.connector.capabilities.push_apart:
        shard = sys.maxsize
    for by_time in BY_TIME if limits.setting(work, "daily_requests") else (None,):
        number = func.row_number().over(order_by=OUTBOX.c.contact_id).label("number")
        ids = select(OUTBOX.c.contact_id, number).where(_ready(work), _turn(by_time)).subquery()
        ends = select(func.min(ids.c.contact_id), func.max(ids.c.contact_id)).group_by((ids.c.number - 1) // shard)
        for first, last in work.session.execute(ends.order_by(func.min(ids.c.contact_id))):
            yield {"first": first, "last": last, "by_time": by_time}


def _turn(by_time: bool | None) -> ColumnElement[bool]:
    return EVERYTHING if by_time is None else OUTBOX.c.by_time == by_time


def do(work: Work, held: Sequence[Held]) -> None:
    """Send what waits in a shard; first, find out what a worker that died there had sent."""
    for part in held:
        work.part = part
        ids = OUTBOX.c.contact_id.between(part.order["first"], part.order["last"])
        within = ids & _turn(part.order.get("by_time"))
        settle_doubtful(work, within)
        limit = work.options.limit
        push(work, within, limit if limit is None else limit - work.counts["pushed"])
        limits.heed(work)
        part.done = True
        work.commit()


def push(work: Work, within: ColumnElement[bool], limit: int | None = None) -> None:
    """Send what waits there, at most `limit` contacts."""
    total = waiting(work) + work.counts["pushed"]
    answered: list[Result] = []
    for result in work.connector.push(_outgoing(work, within, limit)):
        answered.append(result)
        if len(answered) >= SETTLE_EVERY:
            _settle(work, answered)
            answered = []
            work.phase(PHASE, work.counts["pushed"], total)
    _settle(work, answered)


def of_run(run_id: int) -> ColumnElement[bool]:
    """What that run queued."""
    return OUTBOX.c.run_id == run_id


def settle_doubtful(work: Work, within: ColumnElement[bool] = EVERYTHING) -> None:
    """Find out about rows that were handed over before a crash: written already, or to be sent again.

    Waits until what was sent has surely arrived (`Capabilities.settle`), then asks the CRM.
    """
    while rows := _rows(work, _where(work, "sending") & within, work.connector.capabilities.push_batch):
        latest = max(row["sent_at"] for row in rows)
        work.commit()
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


def waiting(work: Work) -> int:
    return work.session.scalar(select(func.count()).select_from(OUTBOX).where(_where(work, "waiting"))) or 0


def _where(work: Work, state: str) -> ColumnElement[bool]:
    return (OUTBOX.c.connection_id == work.connection_id) & (OUTBOX.c.state == state)


def _ready(work: Work) -> ColumnElement[bool]:
    """What waits and need not rest."""
    rested = OUTBOX.c.not_before.is_(None) | (OUTBOX.c.not_before <= now())
    return _where(work, "waiting") & (rested if work.run.options.get("requested") else EVERYTHING)


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


def _outgoing(work: Work, within: ColumnElement[bool], left: int | None) -> Iterator[Row]:
    """Rows for the connector; each is marked as sent, durably, before it is handed over."""
    last = ""
    while (left is None or left > 0) and not limits.halts(work):
        size = work.connector.capabilities.push_batch
        found = _rows(
            work,
            _ready(work) & within & (OUTBOX.c.contact_id > last),
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
    """Try again later, unless that was tried often enough: then it waits for `resend`."""
    if row["attempts"] >= ATTEMPTS:
        _refused(work, row, reason)
        return
    rest = now() + RESTS[max(0, row["attempts"] - 1)]
    _set(work, [row["contact_id"]], state="waiting", reason=reason, not_before=rest)
    work.counts["refused"] += 1
    work.failure(Stream.CONTACTS.value, row["contact_id"], "write", reason)


def _refused(work: Work, row: RowMapping, reason: str) -> None:
    _set(work, [row["contact_id"]], state="failed", reason=reason)
    work.counts["refused"] += 1
    work.failure(Stream.CONTACTS.value, row["contact_id"], "write", reason)
