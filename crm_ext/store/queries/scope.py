"""Whose contacts somebody may see: all, or those that the CRM's ownership gives them by e-mail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from crm_ext.store.base import db
from crm_ext.store.models import ContactRow, UserRow


@dataclass(frozen=True, slots=True)
class Scope:
    """All contacts, or those of `owner`, an e-mail address."""

    owner: str | None = None

    def condition(self) -> ColumnElement[bool]:
        return true() if self.owner is None else owned_by(self.owner)


def owned_by(email: str) -> ColumnElement[bool]:
    """A condition on contacts: their owner in the CRM has this e-mail. It is true of nothing for a stranger."""
    query = select(UserRow.connection_id, UserRow.external_id).where(func.lower(UserRow.email) == email.lower())
    owners: dict[int, list[str]] = defaultdict(list)
    for connection_id, owner_id in db.session.execute(query) if email else ():
        owners[connection_id].append(owner_id)
    owned = [
        and_(ContactRow.connection_id == connection_id, ContactRow.owner_id.in_(ids))
        for connection_id, ids in owners.items()
    ]
    return or_(*owned) if owned else false()
