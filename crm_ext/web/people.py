"""Who signs in here, with which role; and the log of what everybody did."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from crm_ext.errors import CrmExtError
from crm_ext.store import accounts, audit, db, now
from crm_ext.store.accounts import Role
from crm_ext.sync import keys
from crm_ext.web.access import ADMINS, OVERSEERS, allow, me
from crm_ext.web.tables import MOST, download
from crm_ext.web.words import sentence

people = Blueprint("people", __name__)

LINES = 100
COLUMNS = ("id", "at", "actor", "action", "subject", "fields")
Page = str | tuple[str, int] | Response


@people.get("/people")
@allow(OVERSEERS)
def listed() -> str:
    return page()


@people.post("/people")
@allow(ADMINS)
def add() -> Page:
    """Make an account; its first password is shown once."""
    form, password = request.form, accounts.generated_password()
    try:
        name = form.get("name", "").strip()
        made = accounts.add(form.get("email", ""), password, role=form.get("role", ""), name=name, actor=me().email)
    except CrmExtError as error:
        return refused(error)
    return page(password=password, of=made.email)


@people.post("/people/<email>/role")
@allow(ADMINS)
def role(email: str) -> Page:
    try:
        accounts.change_role(email, request.form.get("role", ""), actor=me().email)
    except CrmExtError as error:
        return refused(error)
    return page(said=gettext("The role of %(email)s is changed.", email=email))


@people.post("/people/<email>/password")
@allow(ADMINS)
def password(email: str) -> Page:
    """A new password, shown once; it ends the sessions that the old one opened."""
    fresh = accounts.generated_password()
    try:
        accounts.change_password(email, fresh, actor=me().email)
    except CrmExtError as error:
        return refused(error)
    return page(password=fresh, of=email)


@people.post("/people/keys")
@allow(ADMINS)
def rotate() -> Page:
    """Encrypt all secrets with a new key."""
    try:
        count = keys.rotate(actor=me().email)
    except CrmExtError as error:
        return refused(error)
    return page(said=gettext("%(n)s connections are encrypted with a new key.", n=count))


def refused(error: CrmExtError) -> tuple[str, int]:
    db.session.rollback()
    return page(wrong=sentence(error), typed=request.form), 422


def page(**more: object) -> str:
    return render_template("people/list.html", people=accounts.everybody(), roles=list(Role), moment_now=now(), **more)


@people.get("/log")
@allow(OVERSEERS)
def log() -> str:
    """Who did what, the newest first."""
    found = audit.walk(after=request.args.get("after", ""), limit=LINES)
    return render_template(
        "people/log.html", lines=found, broken=list(audit.broken()) if "check" in request.args else None
    )


@people.get("/log.csv")
@allow(OVERSEERS)
def log_file() -> Response:
    lines = audit.walk(after="", limit=MOST)
    rows = [
        {"id": each.id, "at": each.at.isoformat(), "actor": each.actor, "action": each.action, "subject": each.subject,
         "fields": ", ".join(each.fields.get("names", ()))}
        for each in lines.items
    ]  # fmt: skip
    return download("log.csv", COLUMNS, rows)
