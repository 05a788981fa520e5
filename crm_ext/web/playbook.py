"""The playbook: read, changed in one section, tried on the contacts on hand, published, taken back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.sync import drafts, playbooks
from crm_ext.sync.drafts import Draft
from crm_ext.web.access import EDITORS, EVERYBODY, allow, me
from crm_ext.web.words import sentence

playbook = Blueprint("playbook", __name__, url_prefix="/playbook")

Page = str | tuple[str, int] | Response


@playbook.get("/")
@allow(EVERYBODY)
def show() -> str:
    return render_template("playbook/show.html", versions=playbooks.versions(), sections=drafts.sections())


@playbook.get("/<section>")
@allow(EVERYBODY)
def read(section: str) -> str:
    text = drafts.text(section)
    return page(Draft(section, text, drafts.next_version(playbooks.active().version)))


@playbook.post("/<section>")
@allow(EDITORS)
def change(section: str) -> Page:
    """Check a change and say what it does; publish it if that is what was pressed. Nothing typed is lost."""
    draft = Draft(section, request.form.get("text", ""), request.form.get("version", ""))
    try:
        drafts.text(section)
        made = drafts.drafted(draft)
        if "publish" in request.form:
            playbooks.publish(made, note=request.form.get("note", "").strip(), actor=me().email)
            return redirect(url_for(".show"), 303)
        tried = drafts.tried(made) if "preview" in request.form else None
    except CrmExtError as error:
        db.session.rollback()
        return page(draft, wrong=sentence(error).splitlines()), 422
    return page(draft, differences=drafts.compared(made), tried=tried, asked="preview" in request.form)


@playbook.post("/versions/<version>/back")
@allow(EDITORS)
def back(version: str) -> Page:
    playbooks.rollback(version, actor=me().email)
    return redirect(url_for(".show"), 303)


def page(draft: Draft, **more: Any) -> str:
    note = request.form.get("note", "")
    return render_template("playbook/section.html", draft=draft, note=note, **more)
