"""One pass over a connection: settle what is in doubt, pull, annotate, push."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from crm_ext.errors import Conflict, CrmExtError
from crm_ext.store.models import Connection, ContactRow, Run
from crm_ext.sync import connections, runs
from crm_ext.sync.judge import judge
from crm_ext.sync.pull import pull
from crm_ext.sync.push import push, settle_doubtful, waiting
from crm_ext.sync.work import Options, Progress, Work

ROUNDS = 3
"""How often contacts that a person changed while we were pushing are judged anew within one run."""


def sync(
    connection: Connection,
    options: Options,
    progress: Progress | None = None,
    failed: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Run one pass here and now; returns what `sync --json` prints.

    Raises what stopped it; where the run had begun, after handing the same to `failed`.
    """
    if connection.paused:
        raise Conflict(f"{connection.name!r} is paused.", fix=f"Use: crm-ext resume {connection.name}")
    work = None
    try:
        with runs.under_way(connection, "sync", options, progress) as work:
            road(work)
    except CrmExtError:
        if work is not None:
            failed(runs.summary(work))
        raise
    return runs.summary(work)


def requested(run: Run, connection: Connection) -> None:
    """Do a run that was asked for."""
    with runs.under_way(connection, run.kind, Options.of(run), asked=run) as work:
        road(work)


def road(work: Work) -> None:
    pushing = work.options.push and not work.options.dry_run and not work.connection.push_paused
    if not work.options.dry_run:
        settle_doubtful(work)
    pull(work)
    judge(work)
    if pushing:
        _push(work)
    work.counts["would_push" if work.options.dry_run else "waiting"] = waiting(work)
    contacts = select(func.count()).select_from(ContactRow).where(ContactRow.connection_id == work.connection_id)
    work.counts["unchanged"] = max(0, (work.session.scalar(contacts) or 0) - work.counts["changed"])
    work.phase("done")


def _push(work: Work) -> None:
    if work.connection.prepared_at is None and waiting(work):
        work.commit()
        findings = work.connector.prepare(connections.specs())
        connections.remember_prepared(work.connection, findings)
    for _ in range(ROUNDS):
        push(work)
        if not judge(work):
            return
