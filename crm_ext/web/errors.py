"""Each failure is turned into a page once: what is wrong, and what to do."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException

from crm_ext.errors import CrmExtError
from crm_ext.store import db, schema
from crm_ext.web.access import in_api

PROBLEM = "application/problem+json"
log = logging.getLogger(__name__)

WORDS = {
    400: (lazy_gettext("That request cannot be used"), lazy_gettext("Go back, and try again.")),
    401: (lazy_gettext("Nobody is signed in"), lazy_gettext("Send a token: Authorization: Bearer …")),
    403: (lazy_gettext("This room is not yours"), lazy_gettext("Ask an administrator for another role.")),
    404: (
        lazy_gettext("There is nothing here"),
        lazy_gettext("It may have been removed, or belong to somebody else. Look for it in the list."),
    ),
    405: (lazy_gettext("That cannot be done this way"), lazy_gettext("Use the buttons of the page before.")),
    409: (lazy_gettext("That cannot be done now"), lazy_gettext("Look at how it stands, and try again.")),
    413: (lazy_gettext("That is too much at once"), lazy_gettext("Send less.")),
    415: (lazy_gettext("That is not written as it should be"), lazy_gettext("Send JSON, as application/json.")),
    422: (lazy_gettext("Some values cannot be used"), lazy_gettext("Correct those that are named.")),
    429: (lazy_gettext("Too many requests"), lazy_gettext("Wait a little, and try again.")),
    500: (
        lazy_gettext("Something went wrong on our side"),
        lazy_gettext("Nothing was lost. Try again; if it stays, look into the server's log."),
    ),
}


def page(status: int, title: str, fix: str, **more: Any) -> Response:
    """What went wrong: a page for people, problem details (RFC 9457) for programs, where `more` stands, too."""
    if not in_api(request):
        return make_response(render_template("errors/error.html", status=status, title=title, fix=fix), status)
    told = {"type": "about:blank", "title": title, "status": status, "detail": fix, "instance": request.path}
    answer = jsonify({**told, **more})
    answer.status_code, answer.mimetype = status, PROBLEM
    return answer


def of_ours(error: CrmExtError) -> Response:
    db.session.rollback()
    return page(error.status, error.message, error.fix)


def of_http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    title, fix = WORDS.get(error.code) or WORDS[400 if error.code < 500 else 500]
    said = getattr(error, "data", None) or {}
    answer = page(error.code, str(title), str(fix), **({"errors": said["messages"]} if "messages" in said else {}))
    answer.headers.extend(each for each in error.get_headers() if each[0] != "Content-Type")
    return answer


def of_form(_: CSRFError) -> Response:
    return page(400, gettext("This form is too old"), gettext("Open the page again, and send it once more."))


def of_database(error: DBAPIError) -> Response:
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
