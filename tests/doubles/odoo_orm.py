"""Odoo's tables in memory: searching, reading and writing as the server was seen to do it, all or nothing."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from tests.doubles.odoo_domains import Domains, Row
from tests.doubles.odoo_errors import Refused, bad_value, missing
from tests.doubles.odoo_models import schema

STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
EMPTY: Mapping[str, Any] = {"float": 0.0, "monetary": 0.0, "integer": 0, "boolean": False}
LISTS = frozenset({"many2many", "one2many"})
ABOUT = {"mail.message": ("model", "res_id"), "mail.activity": ("res_model", "res_id")}
"""Models whose rows stand on other records, and go with them."""
ROOT = 2
"""The user whose calls these are."""


def utc() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Tables:
    """Rows by model and id. Times are kept with microseconds and shown without, as in Odoo."""

    def __init__(self, serie: int, rows: Mapping[str, Iterable[Row]], *, helpdesk: bool = False) -> None:
        self.serie = serie
        self.models = schema(serie, helpdesk=helpdesk)
        self.rows: dict[str, dict[int, Row]] = {model: {} for model in self.models}
        self.order: dict[str, list[int]] = {model: [] for model in self.models}
        self.domains = Domains(serie, self.models, self.rows)
        self.hidden: Callable[[str, Row], bool] = lambda _, __: False
        for model, each in rows.items():
            for row in each if model in self.rows else ():
                self.put(model, row)

    def put(self, model: str, row: Row) -> None:
        made = row.get("create_date") or utc()
        if row["id"] not in self.rows[model]:
            insort(self.order[model], row["id"])
        whole = {
            "create_date": made,
            "write_date": made,
            **({"active": True} if "active" in self.models[model] else {}),
        }
        self.rows[model][row["id"]] = {**whole, **row}

    # Reading.

    def search(
        self, model: str, domain: Sequence[Any], *, order: str = "id", limit: int | None = None, archived: bool = False
    ) -> list[Row]:
        """Matching rows. What the user may not see is taken out of mail.message when the page is counted already."""
        test = self.domains.test(model, domain, archived=archived)
        found = islice((row for row in self._candidates(model, domain, order) if test(row)), limit or None)
        return [row for row in found if not self.hidden(model, row)]

    def _candidates(self, model: str, domain: Sequence[Any], order: str) -> Iterable[Row]:
        rows, ids = self.rows[model], self.order[model]
        terms = {(each[0], each[1]): each[2] for each in domain if not isinstance(each, str)}
        if order == "id desc":
            return [rows[each] for each in reversed(ids)]
        if not order:
            return sorted(rows.values(), key=lambda row: (str(row.get("name") or ""), row["id"]))
        if order != "id":
            raise bad_value(f"Invalid order {order!r}")
        if ("id", "in") in terms:
            return [rows[each] for each in sorted(set(terms["id", "in"])) if each in rows]
        begin = bisect_right(ids, terms.get(("id", ">"), 0))
        return [rows[each] for each in ids[begin:]]

    def shown(self, model: str, rows: Iterable[Row], names: Sequence[str]) -> list[Row]:
        for name in names:
            if name not in self.models[model]:
                raise bad_value(f"Invalid field {name!r} on model {model!r}")
        kinds = [(name, self.models[model][name]) for name in dict.fromkeys(["id", *names])]
        return [{name: self._value(row, name, described) for name, described in kinds} for row in rows]

    def _value(self, row: Row, name: str, described: Mapping[str, Any]) -> Any:
        kind, value = described["type"], row.get(name)
        if kind in LISTS:
            return list(value or ())
        if value is None or value is False:
            return EMPTY.get(kind, False)
        if kind == "many2one":
            return [value, self.rows[described["relation"]].get(value, {}).get("name") or ""]
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        return value.isoformat() if isinstance(value, date) else value

    # Writing: one call is one transaction with one time.

    def there(self, model: str, ids: Sequence[int]) -> None:
        if lost := [each for each in ids if each not in self.rows[model]]:
            raise missing(model, lost, ROOT)

    def create(self, model: str, made: Sequence[Row], at: datetime) -> list[int]:
        begin = max(self.order[model], default=0) + 1
        rows = [{"id": begin + place, **self.taken(model, row, {})} for place, row in enumerate(made)]
        for row in rows:
            self.put(model, {**row, "create_date": at, "write_date": at})
        return [row["id"] for row in rows]

    def write(self, model: str, changes: Mapping[int, Row], at: datetime) -> None:
        """Write values by id, all of them or none."""
        self.there(model, list(changes))
        new = {id_: self.taken(model, values, self.rows[model][id_]) for id_, values in changes.items()}
        for id_, values in new.items():
            self.rows[model][id_].update(values, write_date=at)

    def unlink(self, model: str, ids: Sequence[int]) -> None:
        """Delete rows, and with them what was written about them."""
        self.there(model, ids)
        for each in ids:
            del self.rows[model][each]
            self.order[model].remove(each)
            for about, (theirs, number) in ABOUT.items():
                on = [
                    row["id"]
                    for row in self.rows[about].values()
                    if (row.get(theirs), row.get(number)) == (model, each)
                ]
                if on:
                    self.unlink(about, on)

    def taken(self, model: str, values: Mapping[str, Any], row: Row) -> Row:
        """Values as they are kept. Raises what Odoo raises for those that it does not take."""
        taken = {}
        for name, value in values.items():
            described = self.models[model].get(name)
            if described is None:
                raise bad_value(f"Invalid field {name!r} on model {model!r}")
            taken[name] = self._kept(model, name, described, value, row.get(name))
        return taken

    def _kept(self, model: str, name: str, described: Mapping[str, Any], value: Any, old: Any) -> Any:
        kind = described["type"]
        if value is False or value is None:
            return EMPTY.get(kind, False)
        if kind == "selection" and value not in [each for each, _ in described["selection"]]:
            raise bad_value(f"Wrong value for {model}.{name}: {value!r}")
        if kind == "datetime" and not isinstance(value, datetime):
            if not STAMP.fullmatch(value):
                raise bad_value(f"time data {value!r} does not match format '%Y-%m-%d %H:%M:%S'")
            return datetime.fromisoformat(value)
        if kind == "date":
            return date.fromisoformat(value)
        if kind in {"float", "monetary"}:
            return float(value)
        return self._linked(described["relation"], value, old) if kind == "many2many" else value

    def _linked(self, model: str, commands: Sequence[Any], old: Any) -> list[int]:
        """What commands make of a list of links; a plain list replaces it."""
        if not all(isinstance(each, list | tuple) for each in commands):
            return list(commands)
        held = list(old or ())
        for command in commands:
            verb, rest = command[0], list(command[1:])
            if verb not in {3, 4, 5, 6}:
                raise bad_value(f"Wrong command {command!r}")
            ids = [] if verb == 5 else rest[1] if verb == 6 else [rest[0]]
            if verb in {4, 6} and (lost := [each for each in ids if each not in self.rows[model]]):
                raise Refused("odoo.exceptions.ValidationError", f"Another model requires the record: {model} {lost}")
            held = [*ids] if verb in {5, 6} else [each for each in held if each not in ids] + (ids if verb == 4 else [])
        return held
