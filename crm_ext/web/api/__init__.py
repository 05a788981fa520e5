"""`/api/v1`: what the pages do, for programs. Everything goes through the functions that the pages call."""

from __future__ import annotations

import flask_smorest
from flask import Flask, request
from werkzeug.exceptions import UnsupportedMediaType

from crm_ext import __version__
from crm_ext.web.access import LOOKING, in_api
from crm_ext.web.api import describe, once
from crm_ext.web.api.book import companies, figures
from crm_ext.web.api.connections import connections, connectors
from crm_ext.web.api.contacts import contacts
from crm_ext.web.api.method import desk, firms, playbook
from crm_ext.web.api.people import keys, log, myself, users
from crm_ext.web.api.runs import runs
from crm_ext.web.urls import ExternalIdConverter, NumberConverter

NOUNS = (myself, figures, contacts, companies, connectors, connections, runs, users, keys, log, playbook, desk, firms)


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest has no types
    """Collects what the operations say of themselves. Errors are made elsewhere, for pages and programs alike."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def insist_on_json() -> None:
    """Raises UnsupportedMediaType for a body that is something else."""
    if in_api(request) and request.method not in LOOKING and request.content_length and not request.is_json:
        raise UnsupportedMediaType


def init_app(app: Flask) -> None:
    app.config |= {"API_TITLE": "crm-ext", "API_VERSION": __version__, "OPENAPI_VERSION": "3.1.0"}
    app.before_request(insist_on_json)
    once.init_app(app)
    api = Api()
    api.init_app(app)
    api.register_converter(NumberConverter, describe.number)
    api.register_converter(ExternalIdConverter, describe.external_id)
    for noun in NOUNS:
        api.register_blueprint(noun)
    describe.init_app(app, api)
