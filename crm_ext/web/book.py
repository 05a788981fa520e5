"""The manager's view: how the book stands, how it moves, and what to look at; every number opens its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from crm_ext.domain.annotation import Stage
from crm_ext.store import audit, db
from crm_ext.store.models import ContactRow
from crm_ext.store.queries import attention, movement, overview
from crm_ext.store.queries import contacts as people
from crm_ext.store.queries.slices import Slice
from crm_ext.sync.losses import loss_causes, warnings
from crm_ext.web import listings
from crm_ext.web.access import WHOLE_BOOK, allow, me
from crm_ext.web.charts import columns
from crm_ext.web.language import lang
from crm_ext.web.tables import MOST, download

book = Blueprint("book", __name__, url_prefix="/book")

WEEKS = (4, 12, 26)
CLASSES = ("A", "B", "C")
KEYS: tuple[int | None, ...] = (*(int(stage) for stage in reversed(Stage)), None)
BY = {"owner": attention.OWNER, "class": ContactRow.value_class, "connection": ContactRow.connection_id}
PAGE = 50


@book.get("/")
@allow(WHOLE_BOOK)
def show() -> str:
    of = asked()
    today = movement.stages(of)
    return render_template(
        "book/show.html",
        **frame(of),
        stages=today,
        total=sum(today.values()),
        chart=columns(movement.trail(of, today), KEYS),
        flows=movement.flows(of),
        causes={way: movement.causes(of, way) for way in ("rose", "fell")},
        stays=attention.stays(of),
        alerts=attention.alerts(of),
        warnings=warnings(),
        low=attention.low(of),
        threads=attention.thread_count(of),
        complaints={age: attention.count(attention.complaints(of, age)) for _, age in attention.AGES},
        steps=attention.steps(of),
        losses=movement.losses(of),
        loss_causes=loss_causes(lang()),
        table=table(of),
    )


def asked() -> Slice:
    """The slice in the address; what is no choice counts as not asked."""
    args = request.args
    weeks, cls = args.get("weeks", type=int), args.get("cls", "")
    return Slice(
        weeks=weeks if weeks in WEEKS else 12,
        owner=args.get("owner", "")[:320],
        connection=args.get("connection", type=int),
        cls=cls if cls in CLASSES else "",
    )


def frame(of: Slice) -> dict[str, object]:
    """What every page of this room offers to choose from."""
    chosen = {"weeks": of.weeks, "owner": of.owner or None, "connection": of.connection, "cls": of.cls or None}
    return {
        "of": of,
        "chosen": chosen,
        "list_chosen": {name: value for name, value in chosen.items() if name != "weeks"},
        "keys": KEYS,
        "weeks": WEEKS,
        "classes": CLASSES,
        "connections": overview.names(),
        "owners": people.owners(),
        "by": request.args.get("by", ""),
    }


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: what it is called, what its lists ask for, and contacts by stage."""

    name: str
    chosen: Mapping[str, object]
    counts: Mapping[int | None, int]


def table(of: Slice) -> list[Line]:
    """Stages by what was chosen, in the order of names: people are not ranked."""
    by = request.args.get("by", "")
    if by not in BY:
        return []
    found: dict[object, dict[int | None, int]] = {}
    for key, stage, count in attention.table(of, BY[by]):
        found.setdefault(key, {})[stage] = count
    named = NAMED[by]()
    nobody: tuple[str, Mapping[str, object]] = ("–", {})
    return sorted((Line(*named.get(key, nobody), counts) for key, counts in found.items()), key=lambda line: line.name)


def _owners() -> Mapping[Any, tuple[str, Mapping[str, object]]]:
    return {key: (name, {"owner": email} if email else {}) for key, name, email in people.owner_names()}


def _connections() -> Mapping[Any, tuple[str, Mapping[str, object]]]:
    return {key: (name, {"connection": key}) for key, name in overview.names().items()}


def _classes() -> Mapping[Any, tuple[str, Mapping[str, object]]]:
    return {each: (each, {"cls": each}) for each in CLASSES}


NAMED = {"owner": _owners, "connection": _connections, "class": _classes}


@book.get("/<name>")
@allow(WHOLE_BOOK)
def listed(name: str) -> str | Response:
    """One of the lists behind the numbers, a page of it or all of it as CSV."""
    of, kind = asked(), listings.LISTINGS.get(name)
    if kind is None:
        raise NotFound
    query = kind.query(of)
    if request.args.get("format") == "csv":
        return file(name, kind, query)
    page = max(1, request.args.get("page", 1, type=int))
    rows = db.session.execute(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    shown = [(row[0], kind.cells(row)) for row in rows[:PAGE]]
    return render_template(
        "book/list.html", **frame(of), kind=kind, rows=shown, page=page, more=len(rows) > PAGE, query=again()
    )


def file(name: str, kind: listings.Listing, query: Any) -> Response:
    """Every row of a list; that it was taken is written down."""
    head = [str(each) for each in kind.head]
    found = db.session.execute(query.limit(MOST))
    rows = [dict(zip(head, (listings.name_of(row[0]), *kind.cells(row)), strict=True)) for row in found]
    audit.record(me().email, "book.export", name)
    db.session.commit()
    return download(f"{name}.csv", head, rows)


def again() -> dict[str, str]:
    """What the address asks for, without the page."""
    return {name: value for name, value in request.args.items() if name not in {"page", "format"}}
