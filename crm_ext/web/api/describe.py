"""The description of the API: what every operation can answer, as OpenAPI and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import flask_smorest
from flask import Blueprint, Flask, Response, jsonify, render_template, request
from marshmallow import Schema, fields

from crm_ext.store.accounts import Role
from crm_ext.web.access import API, PUBLIC, allow, rule_of, scope_of
from crm_ext.web.api.once import HEADER, LONGEST
from crm_ext.web.api.schemas.base import number as whole
from crm_ext.web.api.schemas.base import words
from crm_ext.web.errors import PROBLEM
from crm_ext.web.urls import LARGEST

Operation = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
ANSWERS: Mapping[int, str] = {
    400: "Something about the request cannot be used.",
    401: "No token, or none that opens anything.",
    403: "The role of the account, or the scopes of the token, do not reach so far.",
    404: "There is no such thing, or not for whoever asks.",
    409: "It is in the way of something that exists or is under way.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "Values that cannot be used; `errors` names them.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    500: "A fault of ours.",
    503: "The database, or the CRM, does not answer.",
}
ALWAYS = (400, 401, 403, 429, 500, 503)


class ProblemSchema(Schema):
    """RFC 9457."""

    type = words()
    title = words("What is wrong.")
    status = whole()
    detail = words("What to do.")
    instance = words("The path that was asked for.")
    errors = fields.Dict(metadata={"description": "What is wrong with which value."})


def number(_: object) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "maximum": LARGEST}


def external_id(_: object) -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]([A-Za-z0-9_.-]|~(2[0-9A-F]|[3-7][0-9A-F]))*$",
        "description": "The CRM's id; every byte but letters, digits, `-`, `_` and `.` as `~` and two hex digits.",
    }


class Description:
    """The OpenAPI document, made when it is first asked for, when every route is known."""

    def __init__(self, app: Flask, api: flask_smorest.Api) -> None:
        self.app, self.api = app, api

    @cached_property
    def document(self) -> dict[str, Any]:
        self.api.spec.components.schema("Problem", schema=ProblemSchema)
        self.api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
        made: dict[str, Any] = self.api.spec.to_dict()
        made["components"].pop("responses", None)
        plain = self.api.flask_plugin.flaskpath2openapi
        for rule in self.app.url_map.iter_rules():
            for path, method, operation in operations(made):
                if path == plain(rule.rule) and method.upper() in (rule.methods or ()):
                    self.complete(rule.endpoint, path, method, operation)
        return made

    def complete(self, endpoint: str, path: str, method: str, operation: Operation) -> None:
        """Say what else may be answered, who may ask, and which headers count."""
        operation["operationId"] = endpoint.removeprefix("api_")
        roles = rule_of(self.app, endpoint) or frozenset()
        names = ", ".join(role.value for role in Role if role in roles)
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {names}.".strip()
        operation["security"] = [{"bearer": [scope_of(self.app, endpoint, method.upper()).value]}]
        for status in statuses(path, method, operation):
            operation["responses"][str(status)] = {
                "description": ANSWERS[status],
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        if method != "get":
            operation.setdefault("parameters", []).append(KEY)


KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Sent again with the same key within a day, the request is answered again and not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}


def statuses(path: str, method: str, operation: Operation) -> Iterator[int]:
    yield from ALWAYS
    writes = method != "get"
    takes = any(each.get("in") == "query" for each in operation.get("parameters", ()))
    rules = ((404, "{" in path or writes), (409, writes), (413, writes), (415, writes), (422, writes or takes))
    yield from (status for status, applies in rules if applies)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in document.get("paths", {}).items():
        yield from ((path, method, item[method]) for method in METHODS if method in item)


def rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The operations as the page shows them."""
    shapes = document["components"]["schemas"]
    for path, method, operation in operations(document):
        taken = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        good = next(answer for status, answer in operation["responses"].items() if status < "3")
        given = good.get("content", {}).get("application/json", {})
        yield {
            "tag": operation["tags"][0],
            "path": path,
            "method": method,
            "operation": operation,
            "parameters": [*document["paths"][path].get("parameters", ()), *operation.get("parameters", ())],
            "body": shape(taken, shapes),
            "answer": shape(given, shapes),
        }


def shape(content: Mapping[str, Any], shapes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of a body, by its name among those of the document."""
    found = content.get("schema", {})
    return shapes.get(found.get("$ref", "").rpartition("/")[2])


def init_app(app: Flask, api: flask_smorest.Api) -> None:
    about = Description(app, api)
    pages = Blueprint("api_docs", __name__)

    @pages.get(f"{API}openapi.json")
    @allow(PUBLIC)
    def document() -> Response:
        """The description for programs; it holds no data of anybody."""
        return jsonify({**about.document, "servers": [{"url": request.script_root or "/"}]})

    @pages.get("/api/docs")
    @allow(PUBLIC)
    def page() -> str:
        return render_template("api/docs.html", operations=list(rows(about.document)))

    app.register_blueprint(pages)
