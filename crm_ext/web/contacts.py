"""Contacts: the list, and one contact with all that is known of where it stands."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from crm_ext.domain.annotation import Band, Stage
from crm_ext.errors import CrmExtError
from crm_ext.store import audit, db
from crm_ext.store.models import Connection, ContactRow
from crm_ext.store.queries import contacts as book
from crm_ext.store.queries import overview
from crm_ext.sync.card import card
from crm_ext.web import person
from crm_ext.web.access import EVERYBODY, WHOLE_BOOK, allow, may, me, mine, my_scope
from crm_ext.web.acts import perform
from crm_ext.web.doors import ACTING, Indoors
from crm_ext.web.language import lang
from crm_ext.web.tables import MOST, download
from crm_ext.web.words import alerts, sentence, stage, tactic

contacts = Blueprint("contacts", __name__, url_prefix="/contacts")

STAGES = frozenset({*(str(stage.value) for stage in Stage), "low", "unknown", "waiting"})
SORTS = ("-trust", "trust", "since")
CLASSES = ("A", "B", "C")

Page = str | tuple[str, int] | Response


@contacts.get("/")
@allow(EVERYBODY)
def listed() -> str:
    wanted = asked()
    return render_template(
        "contacts/list.html",
        wanted=wanted,
        page=book.page(wanted, my_scope()),
        bands=list(Band),
        stages=list(Stage),
        alerts=alerts(),
        classes=CLASSES,
        connections=overview.names(),
        owners=book.owners() if may(WHOLE_BOOK) else (),
    )


@contacts.get("/export.csv")
@allow(EVERYBODY)
def export() -> Response:
    """The list as it is filtered, of those that one may see; that it was taken is written down."""
    head = [gettext(each) for each in ("Contact", "Company", "Stage", "Trust", "Class", "Next step", "Owner")]
    found = db.session.execute(book.found(asked(), my_scope()).limit(MOST))
    rows = [dict(zip(head, line(*row), strict=True)) for row in found]
    audit.record(me().email, "contacts.export", "contacts")
    db.session.commit()
    return download("contacts.csv", head, rows)


def line(contact: ContactRow, company: str | None, owner: str | None) -> list[object]:
    stands = "" if contact.trust_level is None else stage(contact.stage)
    name = contact.name or contact.email or contact.external_id
    return [name, company, stands, contact.trust_level, contact.value_class, tactic(contact.next_step), owner]


def asked() -> book.Filter:
    """The filter in the address; what is no choice counts as not asked."""
    args = request.args
    return book.Filter(
        q=args.get("q", "").strip()[:100],
        stage=args.get("stage", "") if args.get("stage") in STAGES else "",
        band=args.get("band", "") if args.get("band") in set(Band) else "",
        alert=args.get("alert", "")[:40],
        cls=args.get("cls", "") if args.get("cls") in CLASSES else "",
        connection=args.get("connection", type=int),
        owner=args.get("owner", "")[:320] if may(WHOLE_BOOK) else "",
        sort=args.get("sort", "") if args.get("sort") in SORTS else SORTS[0],
        page=max(1, args.get("page", 1, type=int)),
    )


@contacts.route("/<int:connection_id>/<external_id:contact_id>", methods=["GET", "POST"])
@allow(EVERYBODY)
def show(connection_id: int, contact_id: str) -> str:
    """The page; a draft reply that is posted to it is judged, and not kept."""
    return render_template("contacts/show.html", **page(connection_id, contact_id))


@contacts.post("/<int:connection_id>/<external_id:contact_id>/acts")
@allow(ACTING)
def act(connection_id: int, contact_id: str) -> Page:
    """Do what a button of the page asks for; what cannot be done is said on the page, and nothing typed is lost."""
    contact = mine(connection_id, contact_id)
    connection = db.get_or_404(Connection, connection_id)
    try:
        perform(request.form.get("action", ""), connection, contact, request.form, me().email)
    except CrmExtError as error:
        db.session.rollback()
        shown = page(connection_id, contact_id)
        return render_template("contacts/show.html", wrong=sentence(error), typed=request.form, **shown), 422
    return redirect(url_for(".show", connection_id=connection_id, contact_id=contact_id), 303)


@contacts.get("/<int:connection_id>/<external_id:contact_id>/note.txt")
@allow(EVERYBODY)
def note(connection_id: int, contact_id: str) -> Page:
    """The card as plain text, for a note field of the CRM."""
    contact = mine(connection_id, contact_id)
    return plain(db.get_or_404(Connection, connection_id), contact)


def plain(connection: Connection, contact: ContactRow) -> Response:
    text = person.note(card(connection, contact.external_id, lang()))
    return Response(text, mimetype="text/plain", headers={"Cache-Control": "no-store"})


def page(connection_id: int, contact_id: str) -> dict[str, Any]:
    contact = mine(connection_id, contact_id)
    return person.page_of(db.get_or_404(Connection, connection_id), contact, Indoors(contact))
