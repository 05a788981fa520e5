"""Runs that stopped before their end: which of them go on, and which wait for an admin's word."""

from __future__ import annotations

from sqlalchemy import select

from crm_ext.connector_api.errors import ConnectorError
from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.store.models import Connection, Run
from crm_ext.sync import parts, usage
from crm_ext.sync.limits import ASKING, RESUMED, Stopped
from crm_ext.sync.work import Options


def told(error: Exception) -> str:
    """An error in words; one of our own faults says at least what kind it was."""
    return str(error) if isinstance(error, CrmExtError | ConnectorError) else f"{type(error).__name__}: {error}"


def stopped(run: Run, error: Stopped) -> None:
    """Keep what a run needs to go on; one that a worker leads goes on by itself when the next day begins."""
    run.options = {**run.options, "stopped": error.why}
    if error.why == "budget" and run.options.get("requested"):
        open_again(run, "queued")
        run.error, run.not_before = told(error), usage.tomorrow()


def open_again(run: Run, status: str) -> None:
    """Let a stopped run go on where it was."""
    run.status, run.finished_at, run.error, run.not_before = status, None, "", None
    run.options = {name: value for name, value in run.options.items() if name != "stopped"} | {"begun": True}


def same_order(run: Run, options: Options) -> bool:
    wanted = options.as_json()
    return {name: run.options.get(name) for name in wanted} == wanted


def unfinished(connection: Connection, options: Options) -> Run | None:
    """The stopped run that this order goes on with, if the newest one is such; else nobody goes on with any."""
    run = _newest(connection)
    if options.dry_run or run is None or run.status != "stopped":
        return None
    why = run.options.get("stopped")
    if (why in RESUMED and same_order(run, options)) or (why in ASKING and options.accept):
        return run
    parts.drop(db.session(), run.id)
    return None


def question(connection: Connection) -> Run | None:
    """The run that waits for an admin's word: until then, or until a person starts another, none begins by itself."""
    run = _newest(connection)
    return run if run is not None and run.status == "stopped" and run.options.get("stopped") in ASKING else None


def _newest(connection: Connection) -> Run | None:
    query = select(Run).where(Run.connection_id == connection.id, Run.kind == "sync").order_by(Run.id.desc())
    return next((run for run in db.session.scalars(query.limit(50)) if not run.options.get("dry_run")), None)
