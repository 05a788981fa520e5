"""Undo: what a run replaced comes back, as far as nobody has changed it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, func, select

from crm_ext.domain.tags import NAMES
from crm_ext.errors import Conflict
from crm_ext.store import audit
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.models import Connection, LedgerEntry, OutboxRow, Run
from crm_ext.store.removal import mark_dirty
from crm_ext.sync import runs
from crm_ext.sync.outbox import queued
from crm_ext.sync.push import arrived, of_run, push, settle_doubtful
from crm_ext.sync.work import Options, Progress, Work

LEDGER = table_of(LedgerEntry)


def undo(connection: Connection, run: Run, *, actor: str, progress: Progress | None = None) -> dict[str, Any]:
    """Put back what the run's writes replaced, report what was left, and pause pushing until resumed."""
    refuse(run)
    with runs.under_way(connection, "undo", Options(), progress) as work:
        settle_doubtful(work)
        _queue(work, run)
        push(work, of_run(work.run.id))
        connection.push_paused = True
        connection.push_paused_because = f"Run {run.id} was undone."
        run.undone_by = work.run.id
        audit.record(actor, "run.undo", str(run.id))
        work.commit()
    return {
        **runs.summary(work),
        "undone": run.id,
        "put_back": work.counts["pushed"],
        "superseded": work.counts["superseded"],
        "changed_by_person": work.counts["changed_by_person"],
    }


def refuse(run: Run) -> None:
    """Raises Conflict, in a sentence, for a run that has nothing to undo."""
    reasons: Mapping[str, bool] = {
        f"Run {run.id} was a dry run: it wrote nothing.": bool(run.options.get("dry_run")),
        f"Run {run.id} is in progress.": run.status == runs.RUNNING,
        f"Run {run.id} was undone by run {run.undone_by}.": run.undone_by is not None,
        f"Run {run.id} is itself an undo.": run.kind != "sync",
    }
    for reason, applies in reasons.items():
        if applies:
            raise Conflict(reason)


def _queue(work: Work, run: Run) -> None:
    """Queue the old values of each contact whose last write is this run's and still stands."""
    last = 0
    size = work.connector.capabilities.push_batch
    while entries := _entries(work, run, last, size):
        last = entries[-1]["id"]
        latest = _latest(work, [entry["contact_id"] for entry in entries])
        ours = [entry for entry in entries if latest[entry["contact_id"]] == entry["id"]]
        work.counts["superseded"] += len(entries) - len(ours)
        there = work.connector.read_tags([entry["contact_id"] for entry in ours])
        standing = [entry for entry in ours if arrived(entry["values"], there.get(entry["contact_id"]))]
        work.counts["changed_by_person"] += len(ours) - len(standing)
        rows = [queued(work, entry["contact_id"], _before(entry), there[entry["contact_id"]]) for entry in standing]
        upsert(work.session, table_of(OutboxRow), rows)
        mark_dirty(work.session, work.connection_id, [entry["contact_id"] for entry in standing])
        work.commit()


def _entries(work: Work, run: Run, last: int, size: int) -> Sequence[RowMapping]:
    query = select(LEDGER).where(LEDGER.c.run_id == run.id, LEDGER.c.id > last).order_by(LEDGER.c.id).limit(size)
    return work.session.execute(query).mappings().all()


def _latest(work: Work, ids: Sequence[str]) -> dict[str, int]:
    query = (
        select(LEDGER.c.contact_id, func.max(LEDGER.c.id))
        .where(LEDGER.c.connection_id == work.connection_id, LEDGER.c.contact_id.in_(ids))
        .group_by(LEDGER.c.contact_id)
    )
    return {row[0]: row[1] for row in work.session.execute(query)}


def _before(entry: RowMapping) -> dict[str, str]:
    """What stood there before this write."""
    return {name: entry["replaced"].get(name, "") for name in NAMES}
