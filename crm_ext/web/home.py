"""The first page: the book by stage, what needs attention, the last runs."""

from __future__ import annotations

from flask import Blueprint, render_template

from crm_ext.store.queries import overview
from crm_ext.web.access import EVERYBODY, WHOLE_BOOK, allow, may, my_scope

home = Blueprint("home", __name__)


@home.get("/")
@allow(EVERYBODY)
def show() -> str:
    book = overview.book(my_scope())
    runs, troubles = (overview.last_runs(5), overview.troubles()) if may(WHOLE_BOOK) else ((), ())
    return render_template("home/show.html", book=book, runs=runs, troubles=troubles)
