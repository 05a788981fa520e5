"""The list of contacts: searched, filtered, by trust, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, true, tuple_

from crm_ext.domain.annotation import Stage
from crm_ext.store.base import db
from crm_ext.store.models import CompanyRow, ContactRow, UserRow
from crm_ext.store.queries import paging
from crm_ext.store.queries.scope import Scope, owned_by

PAGE = 50
LAST_PAGE = 200
TYPES = (float, int, str)
Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show. `stage` is 0 to 4, `low` (acquaintance at most), `unknown`, `waiting` or `any`; `owner` an e-mail;
    `alert` an id, or `any`.

    Contacts that nobody has judged yet are found by `waiting` and by searching.
    """

    q: str = ""
    stage: str = ""
    band: str = ""
    alert: str = ""
    cls: str = ""
    connection: int | None = None
    owner: str = ""
    company: str = ""
    sort: str = "-trust"
    page: int = 1

    def at(self, page: int) -> Filter:
        return replace(self, page=page)

    @property
    def narrowed(self) -> bool:
        return self.at(1) != Filter(sort=self.sort)


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row[ContactRow, str, str]]
    more: bool


def page(wanted: Filter, scope: Scope) -> Page:
    """At most `PAGE` contacts of those that the scope allows, with the names of company and owner."""
    query = found(wanted, scope).offset((min(wanted.page, LAST_PAGE) - 1) * PAGE)
    rows = db.session.execute(query.limit(PAGE + 1)).all()
    return Page(rows[:PAGE], more=len(rows) > PAGE and wanted.page < LAST_PAGE)


def found(wanted: Filter, scope: Scope) -> Select[ContactRow, str, str]:
    """All of them, in order."""
    return _named(wanted, scope).order_by(*_order(wanted))


def walk(wanted: Filter, scope: Scope, *, after: str, limit: int) -> paging.Slice[Row[ContactRow, str, str]]:
    """The same a slice at a time, for programs that read all of them. Raises WrongPlace."""
    columns = _columns(wanted)
    query = _named(wanted, scope)
    if after:
        there = tuple_(*map(literal, paging.place(after, *(TYPES[-len(columns) :]))))
        query = query.where(tuple_(*columns) < there if wanted.sort == "-trust" else tuple_(*columns) > there)
    rows = db.session.execute(query.order_by(*_order(wanted)).limit(limit + 1)).all()
    if len(rows) <= limit:
        return paging.Slice(rows, None)
    last = rows[limit - 1][0]
    trust = -1.0 if last.trust_level is None else float(last.trust_level)
    return paging.Slice(rows[:limit], paging.marked(*(trust, last.connection_id, last.external_id)[-len(columns) :]))


def _named(wanted: Filter, scope: Scope) -> Select[ContactRow, str, str]:
    return (
        select(ContactRow, CompanyRow.name.label("company"), UserRow.name.label("owner"))
        .outerjoin(
            CompanyRow,
            (CompanyRow.connection_id == ContactRow.connection_id) & (CompanyRow.external_id == ContactRow.company_id),
        )
        .outerjoin(
            UserRow,
            (UserRow.connection_id == ContactRow.connection_id) & (UserRow.external_id == ContactRow.owner_id),
        )
        .where(scope.condition(), *_conditions(wanted))
    )


def _order(wanted: Filter) -> list[ColumnElement[Any]]:
    """By trust, as the indexes have it.

    What is searched for is rare: it is quicker found without an index's order, three times so in SQLite. The unjudged,
    who may be among it, count as trusting least.
    """
    return [each.desc() if wanted.sort == "-trust" else each.asc() for each in _columns(wanted)]


def _columns(wanted: Filter) -> list[Any]:
    """What the order is made of, from left to right."""
    key = [ContactRow.connection_id, ContactRow.external_id]
    if wanted.sort == "id":
        return key
    if wanted.sort == "since":
        return [ContactRow.stage_since, *key]
    unjudged = wanted.q or wanted.stage in {"waiting", "any"}
    return [func.coalesce(ContactRow.trust_level, -1.0) if unjudged else ContactRow.trust_level, *key]


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    choices: tuple[tuple[Any, Condition], ...] = (
        (wanted.q, _matches),
        (wanted.stage or ("judged" if not wanted.q else ""), _stands),
        (wanted.band, ContactRow.band.__eq__),
        (wanted.alert, _warns),
        (wanted.cls, ContactRow.value_class.__eq__),
        (wanted.connection, ContactRow.connection_id.__eq__),
        (wanted.owner, owned_by),
        (wanted.company, ContactRow.company_id.__eq__),
    )
    return [condition(choice) for choice, condition in choices if choice not in {"", None}]


def _stands(stage: str) -> ColumnElement[bool]:
    judged = ContactRow.trust_level.is_not(None)
    if stage == "any":
        return true()
    if stage.isdigit():
        return ContactRow.stage == int(stage)
    if stage == "low":
        return ContactRow.stage <= Stage.ACQUAINTANCE.value
    return {"waiting": ~judged, "unknown": judged & ContactRow.stage.is_(None)}.get(stage, judged)


def _warns(alert: str) -> ColumnElement[bool]:
    """Has this alert, or any. That there is one stands by itself, for the index of those that have some."""
    some = ContactRow.alerts != ""
    return some if alert == "any" else some & (";" + ContactRow.alerts + ";").contains(f";{alert};", autoescape=True)


def _matches(text: str) -> ColumnElement[bool]:
    """Name, e-mail, telephone or company holds the text."""
    columns = (ContactRow.name, ContactRow.email, ContactRow.phone)
    company = select(CompanyRow.connection_id, CompanyRow.external_id).where(
        CompanyRow.name.icontains(text, autoescape=True)
    )
    return or_(
        ContactRow.external_id == literal(text),
        *(column.icontains(text, autoescape=True) for column in columns),
        tuple_(ContactRow.connection_id, ContactRow.company_id).in_(company),
    )


def find(connection_id: int, external_id: str, scope: Scope) -> ContactRow | None:
    """One contact, if the scope allows it."""
    where = (ContactRow.connection_id == connection_id, ContactRow.external_id == external_id)
    return db.session.scalar(select(ContactRow).where(*where, scope.condition()))


def names_around(contact: ContactRow) -> dict[str, str]:
    """What company and owner of a contact are called; empty where there is none."""
    of = {"connection_id": contact.connection_id}
    company = db.session.get(CompanyRow, {**of, "external_id": contact.company_id or ""})
    owner = db.session.get(UserRow, {**of, "external_id": contact.owner_id or ""})
    return {"company": company.name if company else "", "owner": (owner.name or owner.email) if owner else ""}


def owners() -> Sequence[tuple[str, str]]:
    """E-mail and name of everybody who may own contacts, for a filter."""
    query = select(func.lower(UserRow.email), func.min(UserRow.name)).where(UserRow.email != "", UserRow.active)
    return [(email, name) for email, name in db.session.execute(query.group_by(func.lower(UserRow.email)).limit(500))]


def owner_names() -> list[tuple[str, str, str]]:
    """`connection/id`, name and e-mail of everybody who may own contacts."""
    query = select(UserRow.connection_id, UserRow.external_id, UserRow.name, UserRow.email)
    rows = db.session.execute(query)
    return [(f"{number}/{key}", name or email or key, email.lower()) for number, key, name, email in rows]
