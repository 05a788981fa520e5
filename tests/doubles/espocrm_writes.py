"""Writing to the EspoCRM in memory: records, mass updates, fields, webhooks, with EspoCRM's own refusals."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.doubles.espocrm_data import FIELDS, Crm, Row

LISTS = ("multiEnum", "array", "checklist")
NUMBERS = ("float", "int")
LONGEST = 100


class Refused(Exception):
    """An answer that is an error: its reason stands in a header, its body may be empty."""

    def __init__(self, status: int, reason: str = "", body: Any = None, *, html: bool = False) -> None:
        super().__init__(reason)
        self.status, self.reason, self.body, self.html = status, reason, body, html

    def response(self) -> Response:
        headers = {"X-Status-Reason": self.reason} if self.reason else {}
        data = "" if self.body is None else json.dumps(self.body)
        return Response(data, self.status, headers, mimetype="text/html" if self.html else "application/json")


def body(request: Request) -> Any:
    """A body without the right type is not read; one that is broken ends in an empty 500."""
    if request.mimetype != "application/json":
        raise Refused(400, "Field validation failure; type: required.")
    return json.loads(request.get_data())


def standing(crm: Crm, entity: str, row_id: str) -> Row:
    if row_id not in crm.rows.get(entity, {}):
        raise Refused(404, f"Record {row_id} does not exist.")
    return crm.rows[entity][row_id]


def put(crm: Crm, entity: str, row_id: str, values: Mapping[str, Any], barred: Sequence[str] = ()) -> Row:
    """Change one record. Unknown attributes and barred ones are dropped in silence; one bad value refuses all."""
    standing(crm, entity, row_id)
    if row_id in crm.locked:
        raise invalid(entity, "lastName", "required")
    taken = _checked(crm, entity, {name: each for name, each in values.items() if name not in barred})
    crm.writes[row_id] += 1
    return crm.full(entity, crm.change(entity, row_id, taken, by="api"))


def mass(crm: Crm, entity: str, ids: Sequence[str], values: Mapping[str, Any], barred: Sequence[str] = ()) -> list[str]:
    """The same values for all; what cannot be written is left out without a word."""
    if not ids:
        raise KeyError("ids")
    written = []
    for row_id in ids:
        try:
            put(crm, entity, row_id, values, barred)
        except Refused:
            continue
        written.append(row_id)
    return written


def _checked(crm: Crm, entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    known = crm.types(entity)
    taken = {name: each for name, each in values.items() if name in known and name not in ("createdAt", "modifiedAt")}
    for name, described in crm.custom[entity].items():
        if name in taken:
            taken[name] = _value(entity, name, described, taken[name])
    return taken


def _value(entity: str, name: str, described: Mapping[str, Any], value: Any) -> Any:
    kind, options = described["type"], described.get("options") or []
    if kind in LISTS:
        return _list(entity, name, described, value)
    if value is None:
        return None
    if kind == "enum" and value not in options:
        raise invalid(entity, name, "valid")
    if kind == "varchar" and len(value) > described.get("maxLength", LONGEST):
        raise invalid(entity, name, "maxLength")
    if kind == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise invalid(entity, name, "valid")
    if kind in NUMBERS:
        if not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            raise invalid(entity, name, "valid")
        return float(value) if kind == "float" else int(float(value))
    return value.strip() if kind == "varchar" else value


def _list(entity: str, name: str, described: Mapping[str, Any], value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(entity, name, "array")
    if not all(isinstance(each, str) for each in value):
        raise invalid(entity, name, "arrayOfString")
    if any(len(each) > LONGEST for each in value):
        raise invalid(entity, name, "maxItemLength")
    closed = described["type"] != "array" and not described.get("allowCustomOptions")
    if closed and set(value) - set(described.get("options") or []):
        raise invalid(entity, name, "valid")
    return value


def invalid(entity: str, name: str, kind: str) -> Refused:
    told = {"label": "validationFailure", "scope": None, "data": {"field": name, "type": kind}}
    reason = f"Field validation failure; entityType: {entity}, field: {name}, type: {kind}."
    return Refused(400, reason, {"messageTranslation": told})


def make_field(crm: Crm, entity: str, asked: Mapping[str, Any]) -> Any:
    """A field; its name gets a letter before it, and the answer does not tell."""
    if entity not in FIELDS or not re.fullmatch(r"[a-z][A-Za-z0-9]*", asked["name"]) or "type" not in asked:
        raise Refused(500, "Field name contains not allowed characters.")
    name = "c" + asked["name"][0].upper() + asked["name"][1:]
    if name in crm.custom[entity]:
        raise Refused(409, f"Field '{name}' already exists in '{entity}'.")
    crm.custom[entity][name] = {key: each for key, each in asked.items() if key not in ("name", "label")}
    crm.made += 1
    return {key: each for key, each in asked.items() if key != "name"}


def change_field(crm: Crm, entity: str, name: str, asked: Mapping[str, Any]) -> Any:
    crm.custom[entity][name] |= {"type": asked["type"], **asked}
    crm.made += 1
    return asked


def remove_field(crm: Crm, entity: str, name: str) -> bool:
    if name not in crm.custom[entity]:
        raise Refused(404, f"Field '{name}' does not exist.")
    del crm.custom[entity][name]
    return True


def make_webhook(crm: Crm, asked: Mapping[str, Any]) -> Row:
    entity, _, what = asked["event"].partition(".")
    if entity not in FIELDS or entity == "Note" or what not in ("create", "update", "delete"):
        raise Refused(403)
    made = {"event": asked["event"], "url": asked["url"], "skipOwn": bool(asked.get("skipOwn"))}
    row_id = crm.add("Webhook", {**made, "secretKey": secrets.token_hex(16)}, crm.now())
    return crm.full("Webhook", crm.rows["Webhook"][row_id])
