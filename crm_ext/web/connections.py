"""Connections: choose a CRM, fill in its settings, check, prepare, sync."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from crm_ext.connector_api import Finding
from crm_ext.store import db
from crm_ext.store.models import Connection
from crm_ext.store.queries import overview
from crm_ext.sync import alerting, outbox, registry, runs, schedule, usage
from crm_ext.sync import connections as desk
from crm_ext.sync.work import Options
from crm_ext.web.access import ADMINS, OVERSEERS, allow
from crm_ext.web.forms import Press, Timetable, accepted, form_page, given, settings_form
from crm_ext.web.urls import outside

connections = Blueprint("connections", __name__, url_prefix="/connections")

Page = str | tuple[str, int] | Response


def found(connection_id: int) -> Connection:
    """Raises NotFound, which becomes a page."""
    connection = db.session.get(Connection, connection_id)
    if connection is None:
        raise NotFound
    return connection


def actor() -> str:
    return str(current_user.account.email)


@connections.get("/")
@allow(OVERSEERS)
def listed() -> Page:
    return render_template("connections/list.html", rows=overview.connections(), kinds=registry.connectors())


@connections.get("/new")
@allow(ADMINS)
def choose() -> Page:
    return render_template("connections/choose.html", kinds=registry.connectors())


@connections.route("/new/<slug>", methods=["GET", "POST"])
@allow(ADMINS)
def add(slug: str) -> Page:
    kind = registry.connector(slug)
    known = desk.settings_of(kind)
    form = settings_form(known)
    made = accepted(form, lambda: desk.add(form.connection_name.data.strip(), slug, given(form, known), actor=actor()))
    if made is None:
        return form_page("connections/settings.html", form, kind=kind, known=known, connection=None)
    return redirect(url_for(".show", connection_id=made.id), 303)


@connections.get("/<int:connection_id>")
@allow(OVERSEERS)
def show(connection_id: int) -> Page:
    return room(found(connection_id))


@connections.route("/<int:connection_id>/settings", methods=["GET", "POST"])
@allow(ADMINS)
def settings(connection_id: int) -> Page:
    connection = found(connection_id)
    kind = registry.connector(connection.connector)
    known = desk.settings_of(kind)
    form = settings_form(known, connection.settings)
    if accepted(form, lambda: desk.update(connection, given(form, known), actor=actor())) is None:
        return form_page("connections/settings.html", form, kind=kind, known=known, connection=connection)
    return redirect(url_for(".show", connection_id=connection.id), 303)


@connections.post("/<int:connection_id>/check")
@allow(ADMINS)
def check(connection_id: int) -> Page:
    return tried(found(connection_id), desk.check)


@connections.post("/<int:connection_id>/prepare")
@allow(ADMINS)
def prepare(connection_id: int) -> Page:
    return tried(found(connection_id), desk.prepare)


@connections.post("/<int:connection_id>/runs")
@allow(ADMINS)
def start(connection_id: int) -> Page:
    form = request.form
    reason = form.get("reason", "").strip()[:200]
    options = Options(dry_run="dry_run" in form, full="full" in form, reason=reason if "full" in form else "")
    run = runs.request(found(connection_id), options)
    return redirect(url_for("runs.show", run_id=run.id), 303)


@connections.post("/<int:connection_id>/pause")
@allow(ADMINS)
def pause(connection_id: int) -> Page:
    desk.pause(found(connection_id), actor=actor())
    return redirect(url_for(".show", connection_id=connection_id), 303)


@connections.post("/<int:connection_id>/resume")
@allow(ADMINS)
def resume(connection_id: int) -> Page:
    desk.resume(found(connection_id), actor=actor())
    return redirect(url_for(".show", connection_id=connection_id), 303)


@connections.post("/<int:connection_id>/resend")
@allow(ADMINS)
def resend(connection_id: int) -> Page:
    """Queue again what the CRM refused, and ask for a run that writes it."""
    connection = found(connection_id)
    outbox.resend(connection, actor=actor())
    return redirect(url_for("runs.show", run_id=runs.request(connection, Options()).id), 303)


@connections.route("/<int:connection_id>/schedule", methods=["GET", "POST"])
@allow(ADMINS)
def timetable(connection_id: int) -> Page:
    connection = found(connection_id)
    form = Timetable(data=schedule.shown(connection))
    if accepted(form, lambda: kept(connection, form)) is None:
        return form_page("connections/schedule.html", form, connection=connection)
    return redirect(url_for(".show", connection_id=connection.id), 303)


def kept(connection: Connection, form: Timetable) -> bool:
    """Keep the timetable, or forget it where every field was left blank."""
    wanted = schedule.plan(*((form[name].data or "").strip() for name in ("every", "cron", "quiet")))
    if wanted == schedule.Plan():
        schedule.off(connection, actor=actor())
    else:
        schedule.put(connection, wanted, actor=actor())
    return True


def tried(connection: Connection, act: Callable[[Connection], Sequence[Finding]]) -> Page:
    """Do what may take a while at the CRM, holding no transaction open meanwhile, and show what came of it."""
    findings = act(connection)
    return room(connection, findings=findings, done=act.__name__)


def room(connection: Connection, **extra: Any) -> Page:
    kind = registry.connector(connection.connector)
    return render_template(
        "connections/show.html",
        connection=connection,
        kind=kind,
        described=desk.settings_of(kind),
        settings=desk.shown(connection),
        writes=desk.specs(),
        timetable=schedule.shown(connection),
        stands=alerting.shown(connection),
        used=usage.requests_today(connection.id),
        runs=overview.last_runs(5, connection.id),
        press=Press(),
        outside=outside,
        **extra,
    )
