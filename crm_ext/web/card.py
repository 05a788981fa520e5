"""The card inside the CRM: asked for by the CRM itself, or opened by a signed link; in a frame, without cookies."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response

from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.store.accounts import Role
from crm_ext.store.models import Account, Connection, ContactRow
from crm_ext.store.queries import contacts as book
from crm_ext.store.queries.scope import Scope
from crm_ext.sync import connections
from crm_ext.sync.calls import card_call
from crm_ext.sync.card import card as told
from crm_ext.sync.frames import frames
from crm_ext.web import person, signing
from crm_ext.web.access import PUBLIC, WHOLE_BOOK, allow
from crm_ext.web.acts import perform
from crm_ext.web.contacts import plain
from crm_ext.web.doors import Framed
from crm_ext.web.language import lang
from crm_ext.web.messages import message
from crm_ext.web.signing import BadPass, Pass
from crm_ext.web.words import sentence, stage

card = Blueprint("card", __name__, url_prefix="/card")

Page = str | tuple[str, int] | Response


@card.route("/<key>", methods=["GET", "POST"])
@allow(PUBLIC)
def called(key: str) -> Page:
    """The CRM asks, in its own signed way: programs get the card's address and text, browsers the card."""
    connection = connections.by_key(key)
    call = card_call(connection, message())
    granted = Pass(connection.id, call.contact_id, call.user)
    contact, _ = entered(granted)
    url = signing.link(granted)
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return redirect(url, 303)
    shown = told(connection, contact.external_id, lang())
    return jsonify(url=url, name=contact.name, stage=stage(contact.stage), text=person.note(shown))


@card.route("/open/<token>", methods=["GET", "POST"])
@allow(PUBLIC)
def show(token: str) -> Page:
    """The card; a draft reply that is posted to it is judged, and not kept."""
    return framed(allowed(token), token)


@card.post("/acts")
@allow(PUBLIC)
def act() -> Page:
    """Do what a button's token says; what cannot be done is said on the card, and the token stays good."""
    granted, action = signing.pressed(request.form.get("token", ""))
    contact, open_ = entered(granted)
    if not open_:
        raise Forbidden
    connection = connections.by_id(granted.connection_id)
    try:
        perform(action, connection, contact, request.form, granted.user)
    except CrmExtError as error:
        db.session.rollback()
        return framed(granted, signing.key(granted), wrong=sentence(error), typed=request.form), 422
    return redirect(url_for(".show", token=signing.key(granted)), 303)


@card.get("/open/<token>/note.txt")
@allow(PUBLIC)
def note(token: str) -> Page:
    granted = allowed(token)
    contact, _ = entered(granted)
    return plain(connections.by_id(granted.connection_id), contact)


def allowed(token: str) -> Pass:
    """Raises BadPass, whose page may stand in the same frame as the card did."""
    try:
        return signing.opened(token)
    except BadPass as error:
        if error.granted:
            g.frames = frames(connections.by_id(error.granted.connection_id))
        raise


def entered(granted: Pass) -> tuple[ContactRow, bool]:
    """The contact, if this person may see it, and whether they may act; the answer may be shown in a frame.

    Who has an account here sees what it allows; another user of the CRM their own contacts, as a rep does. Where the
    CRM does not say who looks, its word on the contact holds, and nothing can be changed.
    """
    connection = connections.by_id(granted.connection_id)
    g.frames = frames(connection)
    account = db.session.scalar(select(Account).where(func.lower(Account.email) == granted.user))
    if account is not None and not account.active:
        raise Forbidden
    role = Role(account.role) if account else Role.REP
    everything = not granted.user or role in WHOLE_BOOK
    scope = Scope() if everything else Scope(owner=granted.user)
    contact = book.find(connection.id, granted.contact_id, scope)
    if contact is None:
        raise NotFound
    return contact, bool(granted.user) and role is not Role.AUDITOR


def framed(granted: Pass, token: str, **more: object) -> str:
    contact, open_ = entered(granted)
    connection = db.get_or_404(Connection, granted.connection_id)
    door = Framed(granted, token, open_)
    return render_template("card/show.html", **person.page_of(connection, contact, door), **more)
