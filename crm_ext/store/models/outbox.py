from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, ExternalId, Key, OfConnection, now


class OutboxRow(OfConnection, Base):
    """Tags waiting to be written to one contact.

    `state`: waiting; sending (handed to the connector at `sent_at`, not yet answered); failed (with the reason).
    After a failure that may pass it rests until `not_before`.
    `replaces`: another value of ours stands there, as opposed to an empty field. `by_time`: nothing in the CRM changed.
    """

    __tablename__ = "outbox"

    contact_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    run_id: Mapped[int]
    values: Mapped[dict[str, Any]]
    was: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    queued_at: Mapped[datetime] = mapped_column(default=now)
    not_before: Mapped[datetime | None]
    replaces: Mapped[bool] = mapped_column(default=False, server_default=false())
    by_time: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (Index("ix_outbox_state", "connection_id", "state", "contact_id"),)


class LedgerEntry(Base):
    """What we wrote, when, by which run, and what it replaced."""

    __tablename__ = "ledger"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    contact_id: Mapped[ExternalId]
    run_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    values: Mapped[dict[str, Any]]
    replaced: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_ledger_contact", "connection_id", "contact_id", "id"),
        Index("ix_ledger_run", "run_id", "contact_id"),
    )
