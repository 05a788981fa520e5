"""An Odoo 18 or 19 that answers as the real ones were seen to, and refuses everything else.

`python -m tests.doubles.odoo --port P --contacts N`
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.doubles.base import Double, run
from tests.doubles.odoo_data import generated
from tests.doubles.odoo_errors import Refused, bad_value, barred
from tests.doubles.odoo_orm import ROOT, Row, Tables, utc
from tests.doubles.storm import Storm

DATABASE, LOGIN, PASSWORD, KEY = "crm", "robot@example.com", "s3cret-of-tests", "0123456789abcdef" * 2 + "01234567"
PAGE = "<!doctype html>\n<html><head><title>Odoo</title></head><body><h1>404: Not Found</h1></body></html>"
ADMIN_ONLY = {"ir.model": ("read",), "ir.model.fields": ("read", "create", "write", "unlink")}
OPERATIONS = {"create": "create", "write": "write", "load": "write", "unlink": "unlink"}
OF_RECORDS = frozenset({"write", "unlink", "read", "has_access"})
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "search_read": ("domain", "fields", "offset", "limit", "order"),
    "search": ("domain", "offset", "limit", "order"),
    "search_count": ("domain",),
    "read": ("fields",),
    "fields_get": ("allfields", "attributes"),
    "create": ("vals_list",),
    "write": ("vals",),
    "load": ("fields", "data"),
    "unlink": (),
    "has_access": ("operation",),
    "check_access_rights": ("operation", "raise_exception"),
    "context_get": (),
}
"""Methods and the names of their arguments, in order."""


class OdooDouble(Double):
    """One database. `serie` is 18 (JSON-RPC only) or 19 (JSON-2, too); `admin` may make fields."""

    def __init__(
        self, tables: Mapping[str, Iterable[Row]], serie: int = 19, *, admin: bool = True, helpdesk: bool = False
    ) -> None:
        super().__init__()
        self.serie, self.admin, self.keys = serie, admin, {KEY}
        self.db = Tables(serie, tables, helpdesk=helpdesk)
        self.refused: set[int] = set()
        self.read_only = False
        self.barred: set[str] = set()
        self.broken: set[str] = set()
        self.shown_in_views: set[str] = set()
        self.hide: Callable[[str, Row], bool] = lambda _, __: False
        self.work: Callable[[int], None] = lambda _: None
        self.storm = Storm()

    # The wire.

    def answer(self, request: Request) -> Response:
        return self.storm.over(request, lambda: self._answer(request))

    def _answer(self, request: Request) -> Response:
        with self.lock:
            self.work(self.requests)
        if request.path == "/web/version" and self.serie >= 19:
            return told({"version_info": [self.serie, 0, 0, "final", 0, ""], "version": f"{self.serie}.0"})
        if request.path == "/jsonrpc" and request.method == "POST":
            return self.rpc(json.loads(request.get_data()))
        if request.path.startswith("/json/2/"):
            return self.json2(request) if self.serie >= 19 else Response("", 303, {"Location": "/web/login"})
        return Response(PAGE, 404, content_type="text/html; charset=utf-8")

    def rpc(self, asked: Mapping[str, Any]) -> Response:
        given = asked["params"]
        try:
            result = getattr(self, f"rpc_{given['service']}")(given["method"], list(given["args"]))
        except Refused as refused:
            data = refused.told()
            error = {"code": 200, "message": "Odoo Server Error", "data": data}
            return told({"jsonrpc": "2.0", "id": asked["id"], "error": error})
        return told({"jsonrpc": "2.0", "id": asked["id"], **({} if result is None else {"result": result})})

    def rpc_common(self, method: str, args: list[Any]) -> Any:
        self.calls[f"common.{method}"] += 1
        if method == "version":
            info = [self.serie, 0, 0, "final", 0, ""]
            return {"server_version": f"{self.serie}.0", "server_version_info": info, "protocol_version": 1}
        database, login, key, _ = args
        if database != DATABASE:
            raise Refused("psycopg2.OperationalError", f'FATAL:  database "{database}" does not exist')
        return ROOT if login == LOGIN and self.signed(key) else False

    def rpc_object(self, method: str, args: list[Any]) -> Any:
        database, user, key, model, name, rest = args[:6]
        if method != "execute_kw" or database != DATABASE:
            raise Refused("psycopg2.OperationalError", f'FATAL:  database "{database}" does not exist')
        if user != ROOT or not self.signed(key):
            raise Refused("odoo.exceptions.AccessDenied", "Access Denied")
        if model not in self.db.models:
            raise Refused("odoo.exceptions.UserError", f"Object {model} doesn't exist")
        ids = rest.pop(0) if name in OF_RECORDS else None
        given = dict(zip(ARGUMENTS.get(name, ()), rest, strict=False)) | (args[6] if len(args) > 6 else {})
        return self.called(model, name, ids, given)

    def json2(self, request: Request) -> Response:
        model, _, name = request.path.removeprefix("/json/2/").partition("/")
        if request.headers.get("X-Odoo-Database", DATABASE) != DATABASE:
            return Response(PAGE, 404, content_type="text/html; charset=utf-8")
        try:
            return told(self._json2(request, model, name))
        except Refused as refused:
            return told(refused.told(), refused.status)

    def _json2(self, request: Request, model: str, name: str) -> Any:
        if request.method != "POST":
            raise Refused("werkzeug.exceptions.NotFound", "404 Not Found")
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or key not in self.keys:
            raise Refused("werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if model not in self.db.models or name not in ARGUMENTS or name == "check_access_rights":
            raise Refused("werkzeug.exceptions.NotFound", f"the model or method {model}.{name} does not exist")
        given = json.loads(request.get_data())
        ids = given.pop("ids", None)
        if (ids is None) == (name in OF_RECORDS):
            raise Refused("werkzeug.exceptions.UnprocessableEntity", f"cannot call {model}.{name} with ids {ids}")
        return self.called(model, name, ids, given)

    def signed(self, key: str) -> bool:
        return key in self.keys or (key == PASSWORD and PASSWORD in self.keys)

    def called(self, model: str, name: str, ids: list[int] | None, given: dict[str, Any]) -> Any:
        self.calls[f"{model}.{name}"] += 1
        context = given.pop("context", {})
        if name not in ARGUMENTS or (name == "has_access" and self.serie < 18):
            raise Refused("builtins.AttributeError", f"The method '{model}.{name}' does not exist")
        if strange := set(given) - set(ARGUMENTS[name]):
            raise Refused("werkzeug.exceptions.UnprocessableEntity", f"unexpected keyword arguments {sorted(strange)}")
        operation = OPERATIONS.get(name, "read")
        if model in self.broken and name != "fields_get":
            raise Refused("builtins.TypeError", "'NoneType' object is not iterable")
        if name not in {"has_access", "check_access_rights", "fields_get"} and not self.may(model, operation):
            raise barred(model, operation)
        self.db.hidden = lambda model, row: model == "mail.message" and self.hide(model, row)
        archived = not context.get("active_test", True)
        act = getattr(self, f"do_{name}")
        if name.startswith("search"):
            with self.lock:
                return act(model, archived=archived, **given)
        return act(model, **given) if ids is None else act(model, ids, **given)

    def may(self, model: str, operation: str) -> bool:
        if (model == "res.partner" and operation == "write" and self.read_only) or model in self.barred:
            return False
        return self.admin or operation not in ADMIN_ONLY.get(model, ())

    # Methods of models.

    def do_search_read(
        self, model: str, domain: Any, fields: Any, *, limit: int | None = None, order: str = "", archived: bool
    ) -> list[Row]:
        return self.db.shown(model, self._found(model, domain, limit, order, archived), fields)

    def do_search(
        self, model: str, domain: Any, *, limit: int | None = None, order: str = "", archived: bool
    ) -> list[int]:
        return [row["id"] for row in self._found(model, domain, limit, order, archived)]

    def do_search_count(self, model: str, domain: Any, archived: bool = False) -> int:
        return len(self._found(model, domain, None, "id", archived))

    def _found(self, model: str, domain: Any, limit: int | None, order: str, archived: bool) -> list[Row]:
        found = self.db.search(model, domain, order=order, limit=limit, archived=archived)
        return found if model == "mail.message" else [row for row in found if not self.hide(model, row)]

    def do_read(self, model: str, ids: list[int], fields: Sequence[str]) -> list[Row]:
        """Rows by number: those that were deleted are left out, one that a rule hides refuses the whole call."""
        rows = [row for each in ids if (row := self.db.rows[model].get(each))]
        if any(self.hide(model, row) for row in rows):
            words = f"Sorry, Robot (id=2) doesn't have 'read' access to: {model}. Blame the rule: Personal Documents"
            raise Refused("odoo.exceptions.AccessError", words)
        return self.db.shown(model, rows, fields)

    def do_fields_get(self, model: str, allfields: Any = (), attributes: Sequence[str] = ()) -> dict[str, Any]:
        more = {"store": True, "readonly": False}
        return {
            name: {
                key: value
                for key, value in {"string": name.replace("_", " ").title(), **more, **each}.items()
                if not attributes or key in attributes
            }
            for name, each in self.db.models[model].items()
        }

    def do_context_get(self, _: str) -> dict[str, Any]:
        return {"lang": "en_US", "tz": "UTC", "uid": ROOT}

    def do_has_access(self, model: str, _: list[int], operation: str) -> bool:
        return self.may(model, operation)

    def do_check_access_rights(self, model: str, operation: str, raise_exception: bool = True) -> bool:
        return self.may(model, operation)

    def do_create(self, model: str, vals_list: list[Row]) -> list[int]:
        if model == "ir.model.fields":
            self._check_fields(vals_list)
        for row in vals_list:
            self.db.taken(model, self._own(model, row), {})
        return list(self.write({"call": "create", "model": model, "args": [vals_list]}))

    def do_write(self, model: str, ids: list[int], vals: Row) -> bool:
        return self._written(model, dict.fromkeys(ids, vals))

    def do_unlink(self, model: str, ids: list[int]) -> bool:
        self.db.there(model, ids)
        names = {self.db.rows[model][each].get("name") for each in ids}
        if model == "ir.model.fields" and (shown := names & self.shown_in_views):
            raise Refused("odoo.exceptions.UserError", f"Cannot delete fields that are still present in views: {shown}")
        return bool(self.write({"call": "unlink", "model": model, "args": [ids]}))

    def do_load(self, model: str, fields: list[str], data: list[list[str]]) -> dict[str, Any]:
        """Import rows with the ids of their records: all of them, or none and the reasons."""
        if fields[0] != ".id" or any(not row[0] for row in data):
            raise AssertionError("a row without an id would make a new record")
        messages, changes = [], {}
        for place, (id_, *values) in enumerate(data):
            row = self.db.rows[model].get(int(id_))
            given = {name: value or False for name, value in zip(fields[1:], values, strict=True)}
            if row is None or not row.get("active", True):
                messages.append(blame(place, ".id", f"No matching record found for database id '{id_}'"))
            elif int(id_) in self.refused:
                messages.append(blame(place, fields[1], "The operation cannot be completed: the record is locked."))
            elif bad := self._unfit(model, given):
                messages.append(blame(place, *bad))
            else:
                changes[int(id_)] = given
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        self._written(model, changes)
        return {"ids": [int(row[0]) for row in data], "messages": [], "nextrow": 0}

    def _unfit(self, model: str, given: Row) -> tuple[str, str] | None:
        for name, value in given.items():
            try:
                self.db.taken(model, {name: value}, {})
            except (Refused, ValueError) as error:
                return name, str(error)
        return None

    def _written(self, model: str, changes: Mapping[int, Row]) -> bool:
        self.db.there(model, list(changes))
        if model == "res.partner" and (locked := self.refused & changes.keys()):
            words = f"Due to security restrictions, you are not allowed to modify 'Contact' (res.partner) {locked}."
            raise Refused("odoo.exceptions.AccessError", words)
        for id_, values in changes.items():
            self.db.taken(model, self._own(model, values), self.db.rows[model][id_])
        self.write({"call": "write", "model": model, "args": [{str(each): row for each, row in changes.items()}]})
        return True

    def _own(self, model: str, values: Row) -> Row:
        """Values but those of lists that only fields of one's own have."""
        return {name: value for name, value in values.items() if name != "selection_ids" or model != "ir.model.fields"}

    def _check_fields(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if not row["name"].startswith("x_"):
                raise Refused(
                    "odoo.exceptions.ValidationError", "Custom fields must have a name that starts with 'x_'!"
                )
            if row["name"] in self.db.models["res.partner"]:
                raise Refused("odoo.exceptions.ValidationError", f"The field {row['name']!r} is defined already.")
            if row.get("state") != "manual" or row["model_id"] not in self.db.rows["ir.model"]:
                raise bad_value("state must be manual")

    # What is kept in the journal.

    def apply(self, entry: Any) -> Any:
        entry.setdefault("at", utc().isoformat())
        at = datetime.fromisoformat(entry["at"])
        return getattr(self, f"_{entry['call']}")(entry["model"], at, *entry["args"])

    def _create(self, model: str, at: datetime, rows: list[Row]) -> list[int]:
        for row in rows if model == "ir.model.fields" else ():
            self.db.models["res.partner"][row["name"]] = {"type": row["ttype"], **options(row, ())}
            row["model"] = "res.partner"
        self.wrote(model, "create")
        return self.db.create(model, [self._own(model, row) for row in rows], at)

    def _write(self, model: str, at: datetime, changes: Mapping[str, Row]) -> None:
        if model == "ir.model.fields":
            for id_, row in changes.items():
                field = self.db.models["res.partner"][self.db.rows[model][int(id_)]["name"]]
                field.update(options(row, field.get("selection", ())))
        self.db.write(model, {int(each): self._own(model, row) for each, row in changes.items()}, at)
        for each in changes:
            self.wrote(each if model == "res.partner" else model, "write")

    def _unlink(self, model: str, _: datetime, ids: list[int]) -> bool:
        for each in ids if model == "ir.model.fields" else ():
            name = self.db.rows[model][each]["name"]
            del self.db.models["res.partner"][name]
            for row in self.db.rows["res.partner"].values():
                row.pop(name, None)
        self.db.unlink(model, ids)
        self.wrote(model, "unlink")
        return True

    def state(self) -> dict[str, Any]:
        """By contact: our fields, and the names of its tags."""
        names = {id_: row["name"] for id_, row in self.db.rows["res.partner.category"].items()}
        told = {}
        for id_, row in self.db.rows["res.partner"].items():
            own = {name: value for name, value in row.items() if name.startswith("x_crm_ext_") and value}
            tags = sorted(names[each] for each in row.get("category_id") or ())
            if own or tags:
                told[str(id_)] = {"fields": own, "tags": tags}
        return told


def blame(place: int, field: str, message: str) -> dict[str, Any]:
    return {"type": "error", "record": place, "rows": {"from": place, "to": place}, "field": field, "message": message}


def options(row: Row, known: Iterable[Any]) -> dict[str, Any]:
    """The options of a selection after commands."""
    made = [[each[2]["value"], each[2]["name"]] for each in row.get("selection_ids") or () if each[0] == 0]
    return {"selection": [*known, *made]} if made or known or row.get("ttype") == "selection" else {}


def told(result: Any, status: int = 200) -> Response:
    return Response(json.dumps(result, default=str), status, content_type="application/json; charset=utf-8")


if __name__ == "__main__":
    run(lambda contacts: OdooDouble(generated(contacts)))
