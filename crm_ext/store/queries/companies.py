"""Companies of the contacts that somebody may see."""

from __future__ import annotations

from sqlalchemy import Select, exists, literal, select, tuple_

from crm_ext.errors import NotFound
from crm_ext.store.base import db
from crm_ext.store.models import CompanyRow, ContactRow
from crm_ext.store.queries import paging
from crm_ext.store.queries.scope import Scope


def walk(scope: Scope, text: str, connection_id: int | None, *, after: str, limit: int) -> paging.Slice[CompanyRow]:
    """By connection and id, a slice at a time; `text` is looked for in the name. Raises WrongPlace."""
    query = _seen(scope)
    key = (CompanyRow.connection_id, CompanyRow.external_id)
    if text:
        query = query.where(CompanyRow.name.icontains(text, autoescape=True))
    if connection_id is not None:
        query = query.where(CompanyRow.connection_id == connection_id)
    if after:
        query = query.where(tuple_(*key) > tuple_(*map(literal, paging.place(after, int, str))))
    rows = list(db.session.scalars(query.order_by(*key).limit(limit + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return paging.Slice(rows[:limit], paging.marked(last.connection_id, last.external_id) if last else None)


def find(connection_id: int, external_id: str, scope: Scope) -> CompanyRow:
    """Raises NotFound, also for a company of which the scope holds nobody."""
    where = (CompanyRow.connection_id == connection_id, CompanyRow.external_id == external_id)
    found = db.session.scalar(_seen(scope).where(*where))
    if found is None:
        raise NotFound(f"There is no company {external_id!r}.")
    return found


def _seen(scope: Scope) -> Select[CompanyRow]:
    if scope.owner is None:
        return select(CompanyRow)
    of_company = (ContactRow.connection_id == CompanyRow.connection_id) & (
        ContactRow.company_id == CompanyRow.external_id
    )
    return select(CompanyRow).where(exists().where(of_company, scope.condition()))
