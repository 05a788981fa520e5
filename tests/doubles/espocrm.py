"""A double of EspoCRM 9.2 over real HTTP: `python -m tests.doubles.espocrm --port 8092 --contacts 1000`.

It answers what was seen on real servers, and refuses everything else as they do. What an API user may list of notes
was not seen; EspoCRM's source lists them like any record, so `lists_notes` says which of the two this one does.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.doubles import espocrm_writes as writes
from tests.doubles.base import Double, run
from tests.doubles.espocrm_data import FIELDS, BadRequest, Crm
from tests.doubles.espocrm_seed import seeded
from tests.doubles.espocrm_writes import Refused
from tests.doubles.storm import Storm

KEY, SECRET, USER = "k3y-of-the-api-user", "s3cret-of-the-api-user", "api0000000000000a"
ADMIN = ("admin", "Admin-pass-1")
MOST = 200
BAD_LOGINS, SHUT = 10, 60.0
ALL = {"create": "yes", "read": "all", "edit": "all", "delete": "all", "stream": "all"}


class EspoDouble(Double):
    """One EspoCRM. `churn` is called before each answer with its number."""

    def __init__(self, crm: Crm, *, lists_notes: bool = True) -> None:
        super().__init__()
        self.crm = crm
        self.storm = Storm()
        self.lists_notes = lists_notes
        self.most = MOST
        self.keys = {KEY}
        self.hmac_only = False
        self.rights: dict[str, Any] = {name: dict(ALL) for name in FIELDS}
        self.barred: dict[str, set[str]] = {name: set() for name in FIELDS}
        self.mass_update = "yes"
        self.statuses: Counter[int] = Counter()
        self.churn: Callable[[int], None] = lambda number: None
        self._bad: list[float] = []

    def state(self) -> Mapping[str, Any]:
        return {
            row_id: {name: row[name] for name in row if name.startswith("cCrmExt")}
            for row_id, row in self.crm.rows["Contact"].items()
        }

    def apply(self, entry: Any) -> Any:
        kind, *rest = entry
        return writes.put(self.crm, *rest) if kind == "put" else writes.mass(self.crm, *rest)

    def stats(self, *, state: bool = True) -> dict[str, Any]:
        return super().stats(state=state) | {"contact_writes": self.crm.writes}

    def answer(self, request: Request) -> Response:
        return self.storm.over(request, lambda: self._told(request))

    def _counted(self, response: Response) -> Response:
        self.statuses[response.status_code] += 1
        return response

    def _told(self, request: Request) -> Response:
        with self.lock:
            self.calls[f"{request.method} {request.path}"] += 1
            self.churn(self.requests)
            try:
                status, body = self._routed(request)
            except Refused as error:
                return self._counted(error.response())
            except BadRequest as error:
                return self._counted(Refused(400, str(error)).response())
            except (KeyError, TypeError, ValueError, AttributeError):
                return self._counted(Response("", 500))
        return self._counted(Response(json.dumps(body), status, mimetype="application/json"))

    def _routed(self, request: Request) -> tuple[int, Any]:
        path = request.path.removeprefix("/api/v1/")
        if path == request.path:
            raise Refused(404, html=True)
        who = self._who(request)
        for method, pattern, handler, admin in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                if admin and who != "admin":
                    raise Refused(403)
                return handler(self, request, *found.groups())
        raise Refused(405 if any(re.fullmatch(each[1], path) for each in ROUTES) else 404, html=True)

    def _who(self, request: Request) -> str:
        """Who signed in. Ten bad ones in a minute, and nobody from there may, good keys included."""
        now = time.monotonic()
        self._bad = [at for at in self._bad if now - at < SHUT]
        if len(self._bad) > BAD_LOGINS:
            raise Refused(403)
        if request.authorization and request.authorization.type == "basic":
            if (request.authorization.username, request.authorization.password) == ADMIN:
                return "admin"
        elif self.hmac_only:
            path = "/" + request.path.removeprefix("/api/v1/")
            digest = hmac.new(SECRET.encode(), f"{request.method} {path}".encode(), sha256).hexdigest()
            if request.headers.get("X-Hmac-Authorization") == b64encode(f"{KEY}:{digest}".encode()).decode():
                return "api"
        elif request.headers.get("X-Api-Key") in self.keys:
            return "api"
        self._bad.append(now)
        raise Refused(401, html=True)

    def may(self, entity: str, action: str) -> None:
        right = self.rights.get(entity, False)
        if right is False or right.get(action) == "no":
            raise Refused(403, f"No {action} access.")


def who(double: EspoDouble, _: Request) -> tuple[int, Any]:
    barred = {name: {each: {"read": "yes", "edit": "no"} for each in names} for name, names in double.barred.items()}
    acl = {"table": double.rights, "fieldTable": barred, "massUpdatePermission": double.mass_update}
    return 200, {"user": {"id": USER, "userName": "crm-ext", "type": "api"}, "acl": acl}


def settings(double: EspoDouble, _: Request) -> tuple[int, Any]:
    return 200, {"recordListMaxSizeLimit": double.most, "personNameFormat": "firstLast"}


def metadata(double: EspoDouble, request: Request) -> tuple[int, Any]:
    found: Any = {"entityDefs": {name: {"fields": double.crm.described(name)} for name in FIELDS}}
    for part in request.args.get("key", "").split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return 200, found


def labels(double: EspoDouble, _: Request) -> tuple[int, Any]:
    common = {"fields": {"createdAt": "Created At", "description": "Description"}}
    return 200, {"Global": common, "Contact": {"fields": {"title": "Contact Title"}}}


def listed(double: EspoDouble, request: Request, entity: str) -> tuple[int, Any]:
    if entity not in FIELDS:
        raise Refused(404, f"Controller '{entity}' does not exist.")
    if entity == "Note" and not double.lists_notes:
        raise Refused(403, "No read access.")
    double.may(entity, "read")
    asked = json.loads(request.args["searchParams"]) if "searchParams" in request.args else {}
    size = asked.get("maxSize", double.most)
    if size > double.most:
        raise Refused(403, f"Max size should not exceed {double.most}. Use offset and limit.")
    order = asked.get("orderBy", "createdAt")
    if order != "id" and order not in double.crm.types(entity):
        raise Refused(400, "Order by non-existing field")
    if asked.get("order", "desc").lower() not in ("asc", "desc"):
        raise Refused(400, "order value is bad.")
    found = double.crm.found(entity, asked.get("where", ()))
    rising = asked.get("order", "desc").lower() == "asc"
    found.sort(key=lambda row: (row.get(order) or "", row["id"]), reverse=not rising)
    rows = [double.crm.part(entity, row, asked.get("select", ())) for row in found[:size]]
    uncounted = entity == "Email" or request.headers.get("X-No-Total") == "true"
    total = (-1 if len(found) > size else -2) if uncounted else len(found)
    return 200, {"total": total, "list": rows}


def read(double: EspoDouble, _: Request, entity: str, row_id: str) -> tuple[int, Any]:
    double.may(entity, "read")
    return 200, double.crm.full(entity, writes.standing(double.crm, entity, row_id))


def stream(double: EspoDouble, request: Request, entity: str, row_id: str) -> tuple[int, Any]:
    double.may(entity, "read")
    writes.standing(double.crm, entity, row_id)
    notes = [each for each in double.crm.rows["Note"].values() if each["parentId"] == row_id]
    notes.sort(key=lambda row: row["createdAt"], reverse=True)
    offset, size = int(request.args["offset"]), int(request.args["maxSize"])
    page = [double.crm.full("Note", row) for row in notes[offset : offset + size]]
    return 200, {"total": len(notes), "list": page}


def put(double: EspoDouble, request: Request, entity: str, row_id: str) -> tuple[int, Any]:
    double.may(entity, "edit")
    return 200, double.write(["put", entity, row_id, writes.body(request), sorted(double.barred[entity])])


def mass_action(double: EspoDouble, request: Request) -> tuple[int, Any]:
    asked = writes.body(request)
    double.may(asked["entityType"], "edit")
    if double.mass_update != "yes":
        raise Refused(403, "No mass-update permission.")
    entity, values = asked["entityType"], asked["data"]["values"]
    written = double.write(["mass", entity, asked["params"]["ids"], values, sorted(double.barred[entity])])
    return 200, {"count": len(written), "ids": written}


def make_field(double: EspoDouble, request: Request, entity: str) -> tuple[int, Any]:
    return 200, writes.make_field(double.crm, entity, writes.body(request))


def change_field(double: EspoDouble, request: Request, entity: str, name: str) -> tuple[int, Any]:
    return 200, writes.change_field(double.crm, entity, name, writes.body(request))


def remove_field(double: EspoDouble, _: Request, entity: str, name: str) -> tuple[int, Any]:
    return 200, writes.remove_field(double.crm, entity, name)


def make_webhook(double: EspoDouble, request: Request) -> tuple[int, Any]:
    double.may("Webhook", "create")
    return 201, writes.make_webhook(double.crm, writes.body(request))


def remove_webhook(double: EspoDouble, _: Request, row_id: str) -> tuple[int, Any]:
    writes.standing(double.crm, "Webhook", row_id)
    double.crm.delete("Webhook", row_id)
    return 200, True


NAME, ID = r"([A-Z]\w+)", r"([0-9a-zA-Z]+)"
ROUTES: tuple[tuple[str, str, Callable[..., tuple[int, Any]], bool], ...] = (
    ("GET", "App/user", who, False),
    ("GET", "Settings", settings, False),
    ("GET", "Metadata", metadata, False),
    ("GET", "I18n", labels, False),
    ("POST", "MassAction", mass_action, False),
    ("POST", "Webhook", make_webhook, False),
    ("DELETE", f"Webhook/{ID}", remove_webhook, False),
    ("POST", f"Admin/fieldManager/{NAME}", make_field, True),
    ("PUT", rf"Admin/fieldManager/{NAME}/(\w+)", change_field, True),
    ("DELETE", rf"Admin/fieldManager/{NAME}/(\w+)", remove_field, True),
    ("GET", NAME, listed, False),
    ("GET", f"{NAME}/{ID}/stream", stream, False),
    ("GET", f"{NAME}/{ID}", read, False),
    ("PUT", f"{NAME}/{ID}", put, False),
    ("PATCH", f"{NAME}/{ID}", put, False),
)


def make(contacts: int) -> EspoDouble:
    return EspoDouble(seeded(contacts))


if __name__ == "__main__":
    run(make)
