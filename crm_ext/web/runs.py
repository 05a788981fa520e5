"""Runs: the list, one run, and how it goes while it goes."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from crm_ext.store import db
from crm_ext.store.models import Connection, Run
from crm_ext.store.queries import overview
from crm_ext.sync import runs as desk
from crm_ext.web.access import WHOLE_BOOK, allow

runs = Blueprint("runs", __name__, url_prefix="/runs")

FAILURES_SHOWN = 200


def found(run_id: int) -> Run:
    """Raises NotFound, which becomes a page."""
    run = db.session.get(Run, run_id)
    if run is None:
        raise NotFound
    return run


@runs.get("/")
@allow(WHOLE_BOOK)
def listed() -> str:
    return render_template("runs/list.html", runs=overview.last_runs())


@runs.get("/<int:run_id>")
@allow(WHOLE_BOOK)
def show(run_id: int) -> str:
    run = found(run_id)
    return render_template(
        "runs/show.html",
        run=run,
        connection=db.session.get(Connection, run.connection_id),
        failures=desk.failures(run, FAILURES_SHOWN),
    )


@runs.get("/<int:run_id>/progress")
@allow(WHOLE_BOOK)
def progress(run_id: int) -> str:
    """The part of the page that changes; a script asks for it while the run is under way."""
    return render_template("runs/_progress.html", run=found(run_id))
