"""A Tryton that answers the connector's JSON-RPC calls as trytond 8.2 was seen to.

`python -m tests.doubles.tryton --port P --contacts N --latency-ms L --state FILE`
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.doubles.base import Double, run
from tests.doubles.tables import Row, Table, prepared
from tests.doubles.tryton_data import generated

DATABASE, LOGIN, PASSWORD, TOKEN = "crm", "admin", "s3cret-of-tests", "0123456789abcdef"
VERSION = "8.2"
FAILED_SIGN_INS = 5
UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
MODELS = {
    "party.party": "Party",
    "party.contact_mechanism": "Contact Mechanism",
    "party.category": "Party Category",
    "party.relation.type": "Relation Type",
    "party.relation.all": "Relation",
    "sale.opportunity": "Sale Opportunity",
    "ir.note": "Note",
    "res.user": "User",
    "currency.currency": "Currency",
}
UNTIMED = {"party.relation.all"}
"""Models made of others: their rows always seem to have changed just now."""

LOOK_UPS = {"ir.note": "resource", "party.contact_mechanism": "party"}
REFERENCES = {"currency": "currency.currency"}
Page = tuple[int, str]
PAGES: Mapping[int, str] = {
    401: "<!doctype html>\n<html lang=en>\n<title>401 Unauthorized</title>\n<h1>Unauthorized</h1>\n",
    403: "<!doctype html>\n<html lang=en>\n<title>403 Forbidden</title>\n<h1>Forbidden</h1>\n",
    404: "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n",
    429: "<!doctype html>\n<html lang=en>\n<title>429 Too Many Requests</title>\n<h1>Too Many Requests</h1>\n",
}


class Refused(Exception):
    """An error in an answer of 200."""

    def __init__(self, *error: Any) -> None:
        super().__init__(error)
        self.error = list(error)


class Turned(Exception):
    """A page instead of an answer, by status."""


def user_error(words: str, more: str = "") -> Refused:
    return Refused("UserError", [words, more, None])


class TrytonDouble(Double):
    """Tables of one database, filled from rows by model; rows may leave out what is empty."""

    def __init__(self, tables: Mapping[str, Sequence[Row]]) -> None:
        super().__init__()
        self.tables = {model: Table(LOOK_UPS.get(model, "")) for model in MODELS}
        self.failed_sign_ins = 0
        self.refused: set[int] = set()
        self.tokens: set[str] = set()
        for model, rows in tables.items():
            timed = ({**row, "last_modified_at": row.get("write_date") or row["create_date"]} for row in rows)
            self.tables[model].fill(timed)

    # The wire.

    def answer(self, request: Request) -> Response:
        asked = json.loads(request.get_data(), object_hook=python)
        try:
            told = {"id": asked["id"], "result": self.called(request, asked["method"], asked["params"])}
        except Refused as refused:
            told = {"id": asked["id"], "error": refused.error}
        except Turned as turned:
            return Response(PAGES[turned.args[0]], turned.args[0], content_type="text/html; charset=utf-8")
        return Response(json.dumps(told, default=wire), content_type="application/json")

    def called(self, request: Request, method: str, params: list[Any]) -> Any:
        if request.path == "/rpc/" and method == "common.server.version":
            return VERSION
        if request.path != f"/{DATABASE}/rpc/":
            raise Turned(404)
        self.calls[method] += 1
        if method == "common.db.login":
            return self.sign_in(*params)
        if not self._known(request.headers.get("Authorization", "")):
            raise Turned(401)
        return self.of_model(*method.removeprefix("model.").rpartition(".")[::2], params)

    def of_model(self, model: str, name: str, params: list[Any]) -> Any:
        if model == "ir.model.access" and name == "get_access":
            return {each: dict.fromkeys(("read", "write", "create", "delete"), True) for each in params[0]}
        if model not in self.tables:
            raise Refused(f"'{model}'", "")
        act = getattr(self, f"do_{name}", None)
        if act is None:
            raise Turned(403)
        if name.startswith("search"):
            return act(model, *params[:-1], hiding=params[-1].get("active_test", True))
        return act(model, *params[:-1])

    def sign_in(self, login: str, parameters: Mapping[str, str]) -> list[Any]:
        if self.failed_sign_ins > FAILED_SIGN_INS:
            raise Turned(429)
        if (login, parameters.get("password")) != (LOGIN, PASSWORD):
            self.failed_sign_ins += 1
            raise Turned(401)
        self.failed_sign_ins = 0
        self.tokens.add(TOKEN)
        return [1, TOKEN, None]

    def _known(self, header: str) -> bool:
        kind, _, key = header.partition(" ")
        return kind == "Session" and base64.b64decode(key).decode().split(":")[-1] in self.tokens

    # Reading.

    def do_search_read(
        self, model: str, domain: list[Any], _: int, limit: int | None, order: Any, fields: list[str], *, hiding: bool
    ) -> list[Row]:
        with self.lock:
            return [self.shown(model, row, fields) for row in self.found(model, domain, order, limit, hiding=hiding)]

    def do_search(
        self, model: str, domain: list[Any], _: int, limit: int | None, order: Any, *, hiding: bool
    ) -> list[int]:
        with self.lock:
            return [row["id"] for row in self.found(model, domain, order, limit, hiding=hiding)]

    def do_search_count(self, model: str, domain: list[Any], *, hiding: bool) -> int:
        with self.lock:
            return len(self.found(model, domain, None, None, hiding=hiding))

    def do_read(self, model: str, ids: list[int], fields: list[str]) -> list[Row]:
        return self.do_search_read(model, [["id", "in", ids]], 0, None, None, fields, hiding=False)

    def do_fields_get(self, model: str, _: list[str]) -> dict[str, Any]:
        names = sorted({name for row in list(self.tables[model].rows.values())[:1] for name in row} | {"id"})
        return {name: {"string": name.replace("_", " ").title(), "type": "char"} for name in names}

    def do_get_preferences(self, _: str, __: bool) -> Row:
        return {"company": 1, "company.rec_name": "Example Trading", "language": "en"}

    def found(self, model: str, domain: list[Any], order: Any, limit: int | None, *, hiding: bool) -> list[Row]:
        return self.tables[model].search([prepared(each) for each in domain], order, limit, hiding=hiding)

    def shown(self, model: str, row: Row, fields: list[str]) -> Row:
        shown: Row = {"id": row["id"]}
        for name in fields:
            head, _, tail = name.partition(".")
            if tail:
                other = self.tables[REFERENCES[head]].rows.get(row.get(head) or 0)
                shown[f"{head}."] = other and {"id": other["id"], tail: other[tail]}
            else:
                shown[name] = self.value(model, row, name)
        return shown

    def value(self, model: str, row: Row, name: str) -> Any:
        if model == "party.party" and name in {"email", "phone", "mobile", "website"}:
            mechanisms = self.tables["party.contact_mechanism"]
            rows = [mechanisms.rows[each] for each in mechanisms.found.get(row["id"], ())]
            return next((each["value"] for each in rows if each["type"] == name), "")
        if name == "last_modified_at" and model in UNTIMED:
            return datetime.now(UTC)
        if name == "active":
            return row.get("active", True)
        if name in {"categories", "employees"}:
            return row.get(name, [])
        return row.get(name)

    # Writing: each call is one transaction with one time.

    def do_create(self, model: str, rows: list[Row]) -> Any:
        if model == "party.category":
            taken = {(row["name"], row.get("parent")) for row in self.tables[model].rows.values()}
            if any((row["name"], row.get("parent")) in taken for row in rows):
                raise user_error("The name of party category must be unique by parent.")
        return self.write({"call": "create", "model": model, "args": [rows], "at": stamped()})

    def do_write(self, model: str, *pairs: Any) -> Any:
        ids = [each for named in pairs[::2] for each in named]
        if model == "ir.note":
            raise user_error(f'You are not allowed to modify the field "Message" in record "({ids[0]})" of "Note".')
        missing = [each for each in ids if each not in self.tables[model].rows]
        if missing:
            words = f'You are trying to write to records "{missing[0]}" of "{MODELS[model]}" that don\'t exist.'
            raise user_error(words)
        barred = [each for each in ids if model == "party.party" and each in self.refused]
        if barred:
            words = f'You are not allowed to write to records "{barred[0]}" of "Party" because of at least one'
            raise user_error(f"{words} of these rules:\nrefuse", "Within groups: ")
        return self.write({"call": "write", "model": model, "args": list(pairs), "at": stamped()})

    def do_cancel(self, model: str, ids: list[int]) -> Any:
        return self.do_write(model, ids, {"state": "cancelled"})

    def do_delete(self, model: str, ids: list[int]) -> Any:
        going = [each for each in ids if self.tables[model].rows.get(each, {}).get("state", "cancelled") != "cancelled"]
        if going:
            raise user_error(f'To delete opportunity "{going[0]}", you must cancel it.')
        return self.write({"call": "delete", "model": model, "args": [ids], "at": stamped()})

    def apply(self, entry: Any) -> Any:
        at = datetime.fromisoformat(entry["at"])
        return getattr(self, f"_{entry['call']}")(self.tables[entry["model"]], entry["model"], at, *entry["args"])

    def _create(self, table: Table, model: str, at: datetime, rows: list[Row]) -> list[int]:
        made = []
        for row in rows:
            id_ = table.next_id()
            table.put(
                {"id": id_, "create_uid": 1, **row, "create_date": at, "write_date": None, "last_modified_at": at}
            )
            self._count(model, row)
            made.append(id_)
        return made

    def _write(self, table: Table, model: str, at: datetime, *pairs: Any) -> None:
        for ids, values in zip(pairs[::2], pairs[1::2], strict=True):
            for each in ids:
                row = {**table.rows[each], "write_date": at, "last_modified_at": at}
                table.put({**row, **{name: changed(row.get(name), value) for name, value in values.items()}})
                self._count(model, table.rows[each])

    def _delete(self, table: Table, model: str, _: datetime, ids: list[int]) -> None:
        for each in ids:
            row = table.drop(each)
            if row:
                self._count(model, row, "_removed")

    def _count(self, model: str, row: Row, how: str = "") -> None:
        """Count a write by the party that it concerns: its categories, a note made, a note removed."""
        if model == "party.party":
            self.wrote(str(row["id"]), f"categories{how}")
        elif model == "ir.note":
            self.wrote(row["resource"].partition(",")[2], f"note{how}")
        else:
            self.wrote(model, "write")

    def state(self) -> dict[str, Any]:
        """By party: the names of its categories and the messages of our notes."""
        names = {row["id"]: row["name"] for row in self.tables["party.category"].rows.values()}
        notes = self.tables["ir.note"]
        told = {}
        for row in self.tables["party.party"].rows.values():
            own = [notes.rows[each]["message"] for each in notes.found.get(f"party.party,{row['id']}", ())]
            categories = sorted(names[each] for each in row.get("categories", ()))
            messages = [each for each in own if each.startswith("[crm-ext]")]
            if categories or messages:
                told[str(row["id"])] = {"categories": categories, "notes": messages}
        return told


def changed(old: Any, value: Any) -> Any:
    """A field's new value; a list of ["add", ids] and ["remove", ids] changes a set."""
    if not (isinstance(value, list) and value and isinstance(value[0], list)):
        return value
    held = set(old or ())
    for verb, ids in value:
        held = held | set(ids) if verb == "add" else held - set(ids)
    return sorted(held)


def stamped() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def python(value: dict[str, Any]) -> Any:
    """trytond's forms as values."""
    if value.get("__class__") == "datetime":
        return datetime(*(value[name] for name in UNITS), tzinfo=UTC)
    return value


def wire(value: Any) -> Any:
    """Values in trytond's forms; money and dates are kept in theirs."""
    if isinstance(value, datetime):
        return {"__class__": "datetime", **{name: getattr(value, name) for name in UNITS}}
    raise TypeError(f"{value!r} has no form on the wire")


if __name__ == "__main__":
    run(lambda contacts: TrytonDouble(generated(contacts)))
