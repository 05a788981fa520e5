"""Runs: begun, taken up again after an accident, and told of."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import DBAPIError

from crm_ext.connector_api import Connector, Stream
from crm_ext.errors import Conflict, NotFound
from crm_ext.store import audit, db, now
from crm_ext.store.models import Connection, Failure, LedgerEntry, Run
from crm_ext.store.queries import paging
from crm_ext.sync import alerting, connections, endings, lock, logs, parts, usage
from crm_ext.sync.endings import same_order, told
from crm_ext.sync.environment import wake
from crm_ext.sync.limits import ASKING, Stopped
from crm_ext.sync.work import COSTS, Options, Progress, Work

log = logging.getLogger(__name__)
QUEUED, RUNNING = "queued", "running"
PULLED = (Stream.CONTACTS, Stream.COMPANIES, Stream.ACTIVITIES, Stream.DEALS, Stream.CASES)


def find(run_id: int) -> Run:
    """Raises NotFound."""
    found = db.session.get(Run, run_id)
    if found is None:
        raise NotFound(f"There is no run {run_id}.", fix="List them with: crm-ext runs")
    return found


def history(connection: Connection | None = None, limit: int = 50) -> Sequence[Run]:
    query = select(Run).order_by(Run.id.desc()).limit(limit)
    if connection is not None:
        query = query.where(Run.connection_id == connection.id)
    return db.session.scalars(query).all()


def failures(run: Run, limit: int = 1000) -> Sequence[Failure]:
    return db.session.scalars(select(Failure).where(Failure.run_id == run.id).order_by(Failure.id).limit(limit)).all()


def walk(connection_id: int | None, *, after: str, limit: int) -> paging.Slice[Run]:
    """The runs, newest first, a slice at a time. Raises WrongPlace."""
    query = select(Run) if connection_id is None else select(Run).where(Run.connection_id == connection_id)
    return paging.by_number(query, Run.id, after=after, limit=limit)


def walk_failures(run: Run, *, after: str, limit: int) -> paging.Slice[Failure]:
    query = select(Failure).where(Failure.run_id == run.id)
    return paging.by_number(query, Failure.id, after=after, limit=limit, newest=False)


def walk_written(run: Run, *, after: str, limit: int) -> paging.Slice[LedgerEntry]:
    """What the run wrote, in the order of writing."""
    query = select(LedgerEntry).where(LedgerEntry.run_id == run.id)
    return paging.by_number(query, LedgerEntry.id, after=after, limit=limit, newest=False)


def request(connection: Connection, options: Options, *, by: str = "button") -> Run:
    """Ask for a run; the worker does it. Asking twice before it has begun is asking once.

    `by` says who asked: button, schedule or webhook.
    """
    query = select(Run).where(Run.connection_id == connection.id, Run.status == QUEUED)
    waiting = next((each for each in db.session.scalars(query) if same_order(each, options)), None)
    waiting = waiting or (endings.question(connection) if by != "button" else None)
    if waiting is not None:
        return waiting
    run = endings.unfinished(connection, options)
    if run is None:
        asked = {**options.as_json(), "by": by}
        run = Run(connection_id=connection.id, kind="sync", status=QUEUED, as_of=now(), options=asked, counts={})
        db.session.add(run)
    else:
        endings.open_again(run, QUEUED)
    db.session.commit()
    wake(1)
    return run


def accept(run: Run, *, actor: str) -> None:
    """An admin's word that a run which stopped and asked shall go on; the worker does it. Raises Conflict."""
    if run.status != "stopped" or run.options.get("stopped") not in ASKING:
        raise Conflict(f"Run {run.id} asks nothing.")
    endings.open_again(run, QUEUED)
    run.options = {**run.options, "accept": True}
    audit.record(actor, "run.accept", str(run.id))
    db.session.commit()
    wake(1)


def requested() -> Sequence[Run]:
    """Runs that were asked for and are not over, oldest first: that wait, or that a worker has begun."""
    due = or_(Run.not_before.is_(None), Run.not_before <= now())
    query = select(Run).where(Run.status.in_((QUEUED, RUNNING)), due).order_by(Run.id)
    return [run for run in db.session.scalars(query) if run.status == QUEUED or run.options.get("requested")]


@contextmanager
def under_way(
    connection: Connection, kind: str, options: Options, progress: Progress | None = None, *, asked: Run | None = None
) -> Iterator[Work]:
    """Hold the connection's lock and a run for it: the one asked for, one that died with the same order, or a new one.

    The run's status is set when the block ends: done, partial where records failed, failed where it raised.
    Raises Conflict that names the run in progress.
    """
    try:
        with lock.held(connection.id):
            run = _asked(asked) if asked else _begin(connection, kind, options)
            with _opened(connection, run, options) as crm:
                work = Work(run, connection, crm, options, progress or (lambda *_: None))
                with logs.about(connection=connection.name, run=run.id), _finished(work):
                    log.info("a run begins", extra={"facts": {"by": run.options.get("by", "command")}})
                    yield work
    except lock.Busy as error:
        raise _busy(connection) from error


@contextmanager
def _opened(connection: Connection, run: Run, options: Options) -> Iterator[Connector]:
    """The connector for a run; where it cannot be made, for a lost key perhaps, the run has failed."""
    with ExitStack() as stack:
        try:
            crm = stack.enter_context(connections.opened(connection, later=options.dry_run))
        except Exception as error:
            db.session.rollback()
            _end(run, "failed", run.counts, error)
            raise
        yield crm


def _busy(connection: Connection) -> Conflict:
    run = _open(connection)
    which = f"Run {run.id} on {connection.name!r} is in progress" if run else f"{connection.name!r} is being worked on"
    return Conflict(f"{which}.", fix="Wait for it, or see how it goes with: crm-ext runs")


def _open(connection: Connection) -> Run | None:
    query = select(Run).where(Run.connection_id == connection.id, Run.status == RUNNING).order_by(Run.id.desc())
    return db.session.scalars(query).first()


def _asked(run: Run) -> Run:
    """Begin a run that was asked for, or go on with it."""
    db.session.refresh(run)
    if run.status == RUNNING or run.options.get("begun"):
        _again(run)
    else:
        run.as_of = run.started_at = now()
    run.status, run.options = RUNNING, {**run.options, "requested": True}
    db.session.commit()
    return run


def _again(run: Run) -> None:
    """Take up a run whose worker ended; what it had in hand is free at once."""
    parts.take_over(db.session(), run.id)
    run.fence += 1


def _begin(connection: Connection, kind: str, options: Options) -> Run:
    """A run left open by a process that died is taken up again if it was the same order, else closed."""
    if (stopped := endings.unfinished(connection, options)) is not None:
        endings.open_again(stopped, RUNNING)
        stopped.options = {**stopped.options, "accept": options.accept}
        _again(stopped)
        db.session.commit()
        return stopped
    old = _open(connection)
    if old is not None and not options.dry_run and old.kind == kind and same_order(old, options):
        _again(old)
        db.session.commit()
        return old
    if old is not None:
        old.status, old.finished_at = "stopped", now()
        old.error = "The process that ran it ended. What it had done is kept."
        parts.drop(db.session(), old.id)
    run = Run(connection_id=connection.id, kind=kind, as_of=now(), options=options.as_json(), counts={})
    db.session.add(run)
    db.session.commit()
    return run


@contextmanager
def _finished(work: Work) -> Iterator[None]:
    """Say how the run ended; one that was taken from us is another's to end, and one that we cannot reach goes on."""
    try:
        yield
        work.commit()
        totals = work.totals()
        work.session.rollback()
        if work.options.dry_run:
            usage.add(work.session, work.connection_id, {"requests": work.connector.requests})
        _end(work.run, "partial" if work.counts["failed"] else "done", totals)
    except parts.Lost as error:
        work.rollback()
        raise Conflict(f"Run {work.run.id} was taken over by another worker.") from error
    except Exception as error:
        work.rollback()
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        work.commit()
        _end(work.run, "stopped" if isinstance(error, Stopped) else "failed", work.totals(), error)
        raise


def _end(run: Run, status: str, totals: dict[str, Any], error: Exception | None = None) -> None:
    run.status, run.finished_at, run.counts, run.phase = status, now(), totals, ""
    run.error = told(error) if error else ""
    if isinstance(error, Stopped):
        endings.stopped(run, error)
    else:
        parts.drop(db.session(), run.id)
    alerting.note(run, error)
    db.session.commit()
    figures = {name: value for name, value in totals.items() if value}
    log.info("a run ended: %s", status, extra={"facts": {**figures, **({"error": run.error} if error else {})}})


def described(run: Run) -> dict[str, Any]:
    """The run as the command line and the API show it."""
    return {
        "run": run.id,
        "kind": run.kind,
        "status": run.status,
        "phase": run.phase,
        "as_of": run.as_of.isoformat(),
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "error": run.error,
        "undone_by": run.undone_by,
        "playbook": run.options.get("playbook"),
        "counts": dict(run.counts),
    }


def summary(work: Work) -> dict[str, Any]:
    """What `sync --json` prints."""
    counts, costs = work.counts, work.run.counts
    told_of = {
        "run": work.run.id,
        "connection": work.connection.name,
        "status": work.run.status,
        "pulled": {stream.value: counts[f"pulled.{stream}"] for stream in PULLED},
        **{name: counts[name] for name in ("annotated", "changed", "pushed", "unchanged", "overrides", "failed")},
        **{name: costs.get(name, 0) for name in COSTS},
    }
    told_of |= {name: counts[name] for name in ("waiting", "read_again", "unread")}
    if work.options.dry_run:
        told_of |= {"would_push": counts["would_push"], "changes": work.changes}
    return told_of
