from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, OfConnection


class PaceRow(OfConnection, Base):
    """The requests of all workers to one CRM account that its rate limits still count: the time of each by its name.

    The times are the database's, in seconds; one that lies ahead is of a request under way.
    """

    __tablename__ = "paces"

    lane: Mapped[str] = mapped_column(String(40), primary_key=True)
    requests: Mapped[dict[str, Any]]
