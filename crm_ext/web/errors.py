"""Each failure is turned into a page once: what is wrong, and what to do."""

from __future__ import annotations

import logging

from flask import Flask, render_template
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException

from crm_ext.errors import CrmExtError
from crm_ext.store import db, schema

log = logging.getLogger(__name__)

WORDS = {
    400: (lazy_gettext("That request cannot be used"), lazy_gettext("Go back, and try again.")),
    403: (lazy_gettext("This room is not yours"), lazy_gettext("Ask an administrator for another role.")),
    404: (
        lazy_gettext("There is nothing here"),
        lazy_gettext("It may have been removed, or belong to somebody else. Look for it in the list."),
    ),
    405: (lazy_gettext("That cannot be done this way"), lazy_gettext("Use the buttons of the page before.")),
    413: (lazy_gettext("That is too much at once"), lazy_gettext("Send less.")),
    500: (
        lazy_gettext("Something went wrong on our side"),
        lazy_gettext("Nothing was lost. Try again; if it stays, look into the server's log."),
    ),
}


def page(status: int, title: str, fix: str) -> tuple[str, int]:
    return render_template("errors/error.html", status=status, title=title, fix=fix), status


def of_ours(error: CrmExtError) -> tuple[str, int]:
    db.session.rollback()
    return page(error.status, error.message, error.fix)


def of_http(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    title, fix = WORDS.get(error.code) or WORDS[400 if error.code < 500 else 500]
    return page(error.code, str(title), str(fix))


def of_form(_: CSRFError) -> tuple[str, int]:
    return page(400, gettext("This form is too old"), gettext("Open the page again, and send it once more."))


def of_database(error: DBAPIError) -> tuple[str, int]:
    """Most often an installation that was never made, one of another release, or a database that is away."""
    log.error("database: %s", error)
    db.session.rollback()
    try:
        schema.insist()
    except CrmExtError as wrong:
        return of_ours(wrong)
    return page(503, gettext("The database does not answer"), gettext("Try again in a moment."))


def init_app(app: Flask) -> None:
    app.register_error_handler(CrmExtError, of_ours)
    app.register_error_handler(CSRFError, of_form)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(OperationalError, of_database)
    app.register_error_handler(ProgrammingError, of_database)
