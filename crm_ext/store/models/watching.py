"""What is kept so that people see how it goes: use by day, workers alive, how connections stand, notices to send."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, Key, OfConnection, now


class Usage(OfConnection, Base):
    """What a connection's runs did on one day, in the installation's zone. `requests` is held against the budget."""

    __tablename__ = "usage"

    day: Mapped[date] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger, default=0)
    pulled: Mapped[int] = mapped_column(BigInteger, default=0)
    annotated: Mapped[int] = mapped_column(BigInteger, default=0)
    pushed: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)


class Heartbeat(Base):
    """A worker that lives says so every few seconds; a row that is old is of one that died."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(255), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    beat_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Condition(OfConnection, Base):
    """How a connection stood after its last run; only a change of it is told."""

    __tablename__ = "conditions"

    state: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(default=now)


class Notice(Base):
    """A message to administrators, by one channel; tried again until it is sent or was tried often enough."""

    __tablename__ = "notices"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(10))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    sent_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
