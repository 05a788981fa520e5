"""One pass over a connection: settle what is in doubt, pull, annotate, push."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from crm_ext.errors import Conflict, CrmExtError
from crm_ext.store.models import Connection, ContactRow, Run
from crm_ext.sync import connections, endings, judge, limits, parts, playbooks, portfolio, pull, push, reading, runs
from crm_ext.sync.environment import wake
from crm_ext.sync.limits import Stopped
from crm_ext.sync.parts import Held, Lost
from crm_ext.sync.push import settle_doubtful, waiting
from crm_ext.sync.work import Options, Progress, Work

ROUNDS = 3
"""How often contacts that a person changed while we were pushing are judged anew within one run."""
PATIENCE = 0.2
"""Seconds between two looks whether others are through with their parts."""
DEADLOCK = "40P01"

PHASES: Mapping[str, Callable[[Work, Sequence[Held]], None]] = {
    pull.PHASE: pull.do,
    reading.PHASE: reading.do,
    judge.PHASE: judge.do,
    push.PHASE: push.do,
}


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


def requested(run: Run, connection: Connection) -> bool:
    """Lead a run that was asked for. Raises Conflict where another worker does."""
    with runs.under_way(connection, run.kind, Options.of(run), asked=run) as work:
        road(work)
    return True


def help_out(run: Run, connection: Connection) -> bool:
    """Do parts of a run that another worker leads, while there are any; whether there were."""
    with connections.opened(connection) as crm:
        work = Work(run, connection, crm, Options.of(run), holder=parts.myself())
        did = False
        while _some(work):
            did = True
        return did


def road(work: Work) -> None:
    pushing = work.options.push and not work.options.dry_run and not work.connection.push_paused
    playbooks.adopt(work)
    _all(work)
    if not work.options.dry_run:
        settle_doubtful(work)
    pull_all(work)
    limits.ask_after_pull(work)
    _read_again(work)
    portfolio.renew(work)
    judge_all(work)
    if pushing:
        limits.cap(work)
        limits.ask_before_push(work)
        push_all(work)
    work.counts["would_push" if work.options.dry_run else "waiting"] = waiting(work)
    contacts = select(func.count()).select_from(ContactRow).where(ContactRow.connection_id == work.connection_id)
    work.counts["unchanged"] = max(0, (work.session.scalar(contacts) or 0) - work.counts["changed"])
    work.phase("done")


def pull_all(work: Work) -> None:
    """Cut once in a run: taken up again, it goes on with the parts there are."""
    if not parts.were_cut(work.session, work.run.id, pull.PHASE):
        _phase(work, pull.PHASE, pull.orders(work))


def _read_again(work: Work) -> None:
    _phase(work, reading.PHASE, reading.orders(work))
    work.counts["unread"] = reading.unread(work)


def judge_all(work: Work) -> bool:
    """Whether anybody had to be judged."""
    return sum(_phase(work, judge.PHASE, judge.orders(work, asked)) for asked in judge.ASKED) > 0


def push_all(work: Work) -> None:
    if work.connection.prepared_at is None and waiting(work):
        work.commit()
        findings = work.connector.prepare(connections.specs())
        connections.remember_prepared(work.connection, findings)
    for _ in range(ROUNDS):
        _phase(work, push.PHASE, push.orders(work))
        if not judge_all(work):
            return


def _phase(work: Work, name: str, orders: Iterable[Mapping[str, Any]]) -> bool:
    """Cut a phase into parts and see all of them done, by us and by whoever helps; whether there were any."""
    count = parts.cut(work.session, work.run.id, name, orders)
    if count:
        work.enter(name)
        work.commit()
        wake(count - 1)
        _all(work)
    return bool(count)


def _all(work: Work) -> None:
    """Do parts until none is left, also of those that others have in hand."""
    while parts.left(work.session, work.run.id):
        if not _some(work):
            work.commit()
            time.sleep(PATIENCE)


def _some(work: Work) -> bool:
    """Take some parts and do them; whether there were any to take."""
    left = parts.left(work.session, work.run.id)
    most = pull.most(work, left) if work.run.phase == pull.PHASE else 1
    held = parts.take(work.session, work.run.id, work.holder, most)
    work.commit()
    if held:
        _do(work, held)
    return bool(held)


def _do(work: Work, held: Sequence[Held]) -> None:
    try:
        with parts.renewed(held):
            PHASES[held[0].phase](work, held)
        work.part = None
    except Exception as error:
        work.rollback()
        passing = isinstance(error, Lost) or _deadlock(error)
        parts.give_back(work.session, held, "" if passing or isinstance(error, Stopped) else endings.told(error))
        work.commit()
        if not passing:
            raise


def _deadlock(error: Exception) -> bool:
    """Whether PostgreSQL ended our transaction because two workers waited for each other: it is done anew."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") == DEADLOCK
