from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, now


class PlaybookRow(Base):
    """A version of the playbook that was published here, or that came with the product and judged somebody.

    `documents` is JSON in the order in which it was written: order counts, and PostgreSQL's JSON columns lose it. At
    most one row is `active`; while none is, the playbook of the installed release counts.
    """

    __tablename__ = "playbooks"

    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    documents: Mapped[str] = mapped_column(Text)
    shipped: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(255), default="")
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index(
            "uq_playbooks_active", "active", unique=True, sqlite_where=text("active"), postgresql_where=text("active")
        ),
    )
