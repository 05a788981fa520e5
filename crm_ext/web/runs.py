"""Runs: the list, one run, and how it goes while it goes."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Reply

from crm_ext.store import audit, db
from crm_ext.store.models import Connection, Run
from crm_ext.store.queries import overview
from crm_ext.sync import runs as desk
from crm_ext.sync import trace
from crm_ext.web.access import ADMINS, WHOLE_BOOK, allow, me
from crm_ext.web.forms import Press
from crm_ext.web.tables import download

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
    text = request.args.get("q", "").strip()[:100]
    return render_template(
        "runs/show.html",
        run=run,
        connection=db.session.get(Connection, run.connection_id),
        failures=desk.failures(run, FAILURES_SHOWN),
        given_up=trace.given_up(run, FAILURES_SHOWN),
        asked=text,
        met=trace.found(run, text) if text else None,
        press=Press(),
    )


@runs.post("/<int:run_id>/accept")
@allow(ADMINS)
def accept(run_id: int) -> Reply:
    """Let a run go on that stopped and asked."""
    desk.accept(found(run_id), actor=me().email)
    return redirect(url_for(".show", run_id=run_id), 303)


@runs.get("/<int:run_id>/records.csv")
@allow(WHOLE_BOOK)
def records(run_id: int) -> Response:
    """What the run did, a line for each field that it wrote and each record that failed."""
    run = found(run_id)
    audit.record(me().email, "run.export", str(run.id))
    db.session.commit()
    return download(f"run-{run.id}.csv", trace.COLUMNS, trace.lines(run))


@runs.get("/<int:run_id>/progress")
@allow(WHOLE_BOOK)
def progress(run_id: int) -> str:
    """The part of the page that changes; a script asks for it while the run is under way."""
    return render_template("runs/_progress.html", run=found(run_id))
