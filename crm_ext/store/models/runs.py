from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, ExternalId, Key, OfConnection, now


class Run(Base):
    """One pass over a connection. `as_of` is fixed when it begins and kept when it is taken up again.

    `fence` counts who has led it: one that was believed dead and wakes up stores nothing any more.
    """

    __tablename__ = "runs"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10), default="sync")
    status: Mapped[str] = mapped_column(String(10), default="running")
    phase: Mapped[str] = mapped_column(String(20), default="")
    as_of: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    undone_by: Mapped[int | None]
    not_before: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (Index("ix_runs_connection", "connection_id", "id"),)


class Hint(Base):
    """A record that a webhook told of, until it is pulled."""

    __tablename__ = "hints"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    stream: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[ExternalId]
    received_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_hints_connection", "connection_id", "id"),)


class Checkpoint(OfConnection, Base):
    """The mark that the last complete pull of a stream's part left, from which the next one asks for changes."""

    __tablename__ = "checkpoints"

    stream: Mapped[str] = mapped_column(String(12), primary_key=True)
    part: Mapped[str] = mapped_column(String(100), primary_key=True, default="")
    since: Mapped[dict[str, Any] | None]


class Failure(Base):
    """A record that a run could not read or write, and why."""

    __tablename__ = "failures"

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    stream: Mapped[str] = mapped_column(String(12))
    external_id: Mapped[str] = mapped_column(String(255), default="")
    place: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_failures_record", "external_id", "run_id"),)
