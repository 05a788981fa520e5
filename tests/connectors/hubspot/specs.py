"""HubSpot's official documents as judges: every request and every answer must be as they say."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs

from jsonschema import Draft202012Validator
from werkzeug.wrappers import Request, Response

from tests.doubles.hubspot_portal import KINDS

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("CRM_EXT_SHARED", ROOT.parent / "shared")) / "crm-apis" / "specs" / "hubspot"
FOLDERS = ("2026-09", "v3-v4")
OBJECT_PATH = re.compile(r"/crm/(?:objects/2026-09|v3/objects)/(\w+)")


def strict(schema, closed):
    """An OpenAPI 3.0 schema as JSON Schema: nullable is a type, and a closed object holds what is described only."""
    if isinstance(schema, list):
        return [strict(each, closed) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value, closed) for key, value in schema.items() if key not in {"example", "nullable", "format"}}
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        made["type"] = [schema["type"], "null"]
    if (
        closed
        and isinstance(schema.get("properties"), dict)
        and schema["properties"]
        and schema.get("type") == "object"
    ):
        made.setdefault("additionalProperties", False)
    return made


class Document:
    """One official document."""

    def __init__(self, path):
        self.name = path.name.removesuffix(".json").removesuffix(".v3").removesuffix(".v4")
        raw = json.loads(path.read_text("utf-8"))
        self.operations = [
            (re.compile(re.sub(r"\{\w+\}", r"[^/]+", template)), method.upper(), operation)
            for template, methods in raw["paths"].items()
            for method, operation in methods.items()
            if isinstance(operation, dict)
        ]
        self.schemas = {closed: strict(raw["components"]["schemas"], closed) for closed in (True, False)}

    def find(self, method, path):
        fits = [each for each in self.operations if each[1] == method and each[0].fullmatch(path)]
        literal = sorted(fits, key=lambda each: each[0].pattern.count("[^/]+"))
        return literal[0][2] if literal else None

    def problems(self, schema, value, closed=True):
        whole = {**strict(schema, closed), "components": {"schemas": self.schemas[closed]}}
        return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(whole).iter_errors(value)]


@cache
def documents():
    return [Document(path) for folder in FOLDERS for path in sorted((FOLDER / folder).glob("*.json"))]


def described(method, path):
    """The document and operation for a request; the kind's own document before the general one."""
    kind = OBJECT_PATH.match(path)
    wanted = kind[1] if kind and kind[1] in KINDS else None
    found = [(each, operation) for each in documents() if (operation := each.find(method, path))]
    own = [pair for pair in found if pair[0].name == wanted]
    general = [pair for pair in found if pair[0].name == "objects"] if wanted else found
    return next(iter(own or general or found), None)


class Judged:
    """A WSGI layer that holds every exchange against the documents. `operations` counts what was seen, by status."""

    def __init__(self, app):
        self.app, self.problems, self.operations = app, [], Counter()

    def __call__(self, environ, start_response):
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = BytesIO(body)
        response = Response.from_app(self.app, environ)
        if not request.path.startswith("/_admin"):
            self.judge(request, body, response)
        return response(environ, start_response)

    def judge(self, request, body, response):
        where = f"{request.method} {request.path} → {response.status_code}"
        found = described(request.method, request.path)
        if found is None:
            self.problems.append(f"{where}: no such operation")
            return
        document, operation = found
        self.operations[f"{document.name}: {request.method} {response.status_code}"] += 1
        told = [*query_problems(operation, request.query_string.decode())]
        if response.status_code < 400:
            told += body_problems(document, operation, request, body)
        told += answer_problems(document, operation, response)
        self.problems += [f"{where}: {each}" for each in told]


def query_problems(operation, query):
    known = {each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    for name, values in parse_qs(query).items():
        if name not in known:
            yield f"unknown parameter {name}"
        elif known[name]["type"] == "integer" and not values[0].isdigit():
            yield f"{name} is no number: {values[0]}"
        elif known[name]["type"] == "boolean" and values[0] not in {"true", "false"}:
            yield f"{name} is neither true nor false: {values[0]}"


def body_problems(document, operation, request, body):
    content = operation.get("requestBody", {}).get("content", {})
    if "application/x-www-form-urlencoded" in content:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        return document.problems(content["application/x-www-form-urlencoded"]["schema"], form)
    if "application/json" in content:
        return document.problems(content["application/json"]["schema"], json.loads(body))
    return ["a body that is not described"] if body else []


def answer_problems(document, operation, response):
    """A success by its own description (a mixed one, 207, by that of 200 if it has none), an error by the default."""
    responses, status = operation["responses"], str(response.status_code)
    answer = responses.get(status) or responses.get("200" if status == "207" else "default") or responses["default"]
    content = next(iter(answer.get("content", {}).values()), None)
    if content is None or not response.get_data():
        return []
    return document.problems(content["schema"], json.loads(response.get_data()), closed=response.status_code < 400)
