"""Contacts: the list, and one contact with all that is known of where it stands."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound

from crm_ext.domain.annotation import Band, Stage
from crm_ext.store import db
from crm_ext.store.models import Connection, ContactRow
from crm_ext.store.queries import contacts as book
from crm_ext.store.queries import overview
from crm_ext.sync.card import card
from crm_ext.sync.place import carriers, place
from crm_ext.web.access import EVERYBODY, WHOLE_BOOK, allow, may, my_scope
from crm_ext.web.language import lang
from crm_ext.web.words import alerts

contacts = Blueprint("contacts", __name__, url_prefix="/contacts")

STAGES = frozenset({*(str(stage.value) for stage in Stage), "unknown", "waiting"})
SORTS = ("-trust", "trust")
CARRIERS_SHOWN = 2


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
        connections=overview.names(),
        owners=book.owners() if may(WHOLE_BOOK) else (),
    )


def asked() -> book.Filter:
    """The filter in the address; what is no choice counts as not asked."""
    args = request.args
    return book.Filter(
        q=args.get("q", "").strip()[:100],
        stage=args.get("stage", "") if args.get("stage") in STAGES else "",
        band=args.get("band", "") if args.get("band") in set(Band) else "",
        alert=args.get("alert", "")[:40],
        connection=args.get("connection", type=int),
        owner=args.get("owner", "")[:320] if may(WHOLE_BOOK) else "",
        sort=args.get("sort", "") if args.get("sort") in SORTS else SORTS[0],
        page=max(1, args.get("page", 1, type=int)),
    )


@contacts.get("/<int:connection_id>/<external_id:contact_id>")
@allow(EVERYBODY)
def show(connection_id: int, contact_id: str) -> str:
    contact = mine(connection_id, contact_id)
    connection = db.get_or_404(Connection, connection_id)
    shown = card(connection, contact.external_id, lang())
    return render_template(
        "contacts/show.html",
        contact=contact,
        names=book.names_around(contact),
        connection=connection,
        card=shown,
        **judged(shown["annotation"]),
    )


def judged(annotation: dict[str, Any] | None) -> dict[str, Any]:
    """The judgement, its evidence from the weightiest line down, and its place on the path of stages."""
    if annotation is None:
        return {"judgement": None}
    evidence = sorted(annotation["evidence"], key=lambda line: -abs(line["weight"]))
    stage = annotation["stage"]
    return {
        "judgement": annotation,
        "evidence": evidence,
        "place": place(stage, lang()),
        "carriers": carriers(stage, evidence)[:CARRIERS_SHOWN],
    }


def mine(connection_id: int, contact_id: str) -> ContactRow:
    """A contact that I may see; one that belongs to somebody else is not there."""
    contact = book.find(connection_id, contact_id, my_scope())
    if contact is None:
        raise NotFound
    return contact
