"""Search domains as Odoo understands them: prefix notation, archived rows hidden, whole seconds in 19 but not in 18."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.doubles.odoo_errors import Refused, bad_value

Row = dict[str, Any]
Test = Callable[[Row], bool]
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
LEADING = {"&": 2, "|": 2, "!": 1}
DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d")


def literal(value: Any, sign: str, serie: int) -> datetime:
    """A time in a domain, with what each version makes of zones."""
    if not isinstance(value, str):
        raise Refused("psycopg2.errors.UndefinedFunction", "operator does not exist: timestamp > integer")
    if DATE_ONLY.fullmatch(value):
        day = datetime.fromisoformat(value)
        return day + timedelta(days=1, microseconds=-1) if sign in {">", "<="} else day
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise Refused("psycopg2.errors.InvalidDatetimeFormat", f"invalid input syntax: {value!r}") from None
    if at.tzinfo and serie >= 19:
        raise bad_value("expecting only datetimes with no timezone")
    return at.replace(tzinfo=None)


def timed(name: str, sign: str, value: Any, serie: int) -> Test:
    if value is False:
        return lambda row: COMPARE[sign](bool(row.get(name)), False)
    wanted = literal(value, sign, serie)
    compare = COMPARE[sign]
    if serie >= 19:
        return lambda row: bool(at := row.get(name)) and compare(at.replace(microsecond=0), wanted)
    return lambda row: bool(at := row.get(name)) and compare(at, wanted)


def among(name: str, sign: str, value: Any) -> Test:
    wanted = set(value) | ({None} if False in value else set())
    if sign == "in":
        return lambda row: row.get(name, False) in wanted
    return lambda row: row.get(name, False) not in wanted


def alike(name: str, sign: str, value: Any) -> Test:
    text = str(value).lower() if sign == "ilike" else str(value)
    return lambda row: text in (str(row.get(name) or "").lower() if sign == "ilike" else str(row.get(name) or ""))


def plain_test(name: str, sign: str, value: Any) -> Test:
    compare = COMPARE[sign]
    return lambda row: compare(row.get(name, False), value)


class Domains:
    """Makes tests of rows from domains; `models` describes fields, `rows` are the tables."""

    def __init__(self, serie: int, models: Mapping[str, Any], rows: Mapping[str, dict[int, Row]]) -> None:
        self.serie, self.models, self.rows = serie, models, rows

    def test(self, model: str, domain: Sequence[Any], *, archived: bool) -> Test:
        fields = {each[0] for each in domain if not isinstance(each, str)}
        tests = self._list(model, list(domain))
        if "active" in self.models[model] and not archived and "active" not in fields:
            tests.append(lambda row: bool(row.get("active", True)))
        return lambda row: all(each(row) for each in tests)

    def _list(self, model: str, terms: list[Any]) -> list[Test]:
        found = []
        while terms:
            found.append(self._next(model, terms))
        return found

    def _next(self, model: str, terms: list[Any]) -> Test:
        term = terms.pop(0)
        if not isinstance(term, str):
            return self._leaf(model, *term)
        parts = [self._next(model, terms) for _ in range(LEADING[term])]
        if term == "!":
            return lambda row: not parts[0](row)
        return (
            (lambda row: all(each(row) for each in parts)) if term == "&" else (lambda row: any(e(row) for e in parts))
        )

    def _leaf(self, model: str, name: str, sign: str, value: Any) -> Test:
        head, _, tail = name.partition(".")
        described = self.models[model].get(head)
        if described is None:
            where = "leaf" if self.serie < 19 else "condition"
            raise bad_value(f"Invalid field {model}.{name} in {where} ({name!r}, {sign!r}, {value!r})")
        if tail:
            other = described["relation"]
            inner = self._leaf(other, tail, sign, value)
            return lambda row: bool(row.get(head)) and inner(self.rows[other][row[head]])
        if sign in {"in", "not in"}:
            return among(name, sign, value)
        if sign in {"like", "ilike"}:
            return alike(name, sign, value)
        if sign not in COMPARE:
            raise bad_value(f"Invalid operator {sign!r}")
        kind = described["type"]
        return timed(name, sign, value, self.serie) if kind == "datetime" else plain_test(name, sign, value)
