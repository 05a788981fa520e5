"""Which part of the book is looked at, over how many weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from crm_ext.store.base import now
from crm_ext.store.models import ContactRow
from crm_ext.store.queries.scope import owned_by

Query = Any
"""A select; of which columns, its maker says."""


@dataclass(frozen=True, slots=True)
class Slice:
    """All contacts, or those of an owner (an e-mail), a connection, a class; and a period up to now."""

    weeks: int = 12
    owner: str = ""
    connection: int | None = None
    cls: str = ""

    @property
    def since(self) -> datetime:
        return now() - timedelta(weeks=self.weeks)

    @property
    def narrowed(self) -> bool:
        return bool(self.owner or self.connection or self.cls)

    def conditions(self) -> list[ColumnElement[bool]]:
        """On contacts."""
        found: list[ColumnElement[bool]] = []
        if self.owner:
            found.append(owned_by(self.owner))
        if self.connection:
            found.append(ContactRow.connection_id == self.connection)
        if self.cls:
            found.append(ContactRow.value_class == self.cls)
        return found

    def of(self, query: Query, model: Any) -> Query:
        """A query on what contacts have (`contact_id`), for the contacts of the slice; all of them need no look."""
        if not self.narrowed:
            return query
        joined = (ContactRow.connection_id == model.connection_id) & (ContactRow.external_id == model.contact_id)
        return query.join(ContactRow, joined).where(*self.conditions())
