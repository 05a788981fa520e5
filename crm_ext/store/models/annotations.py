from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, ExternalId, Key, now


class AnnotationRow(Base):
    """A judgement as it was made. A new row when what is written changed, else the current one is renewed in place."""

    __tablename__ = "annotations"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    contact_id: Mapped[ExternalId]
    current: Mapped[bool] = mapped_column(default=True)
    run_id: Mapped[int | None]
    as_of: Mapped[datetime]
    since: Mapped[datetime] = mapped_column(default=now)
    playbook: Mapped[str] = mapped_column(String(40))
    stage: Mapped[int | None]
    trust_level: Mapped[float]
    payload: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(
            "uq_annotations_current",
            "connection_id",
            "contact_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
        Index("ix_annotations_contact", "connection_id", "contact_id", "since"),
    )


class Override(Base):
    """A person's word on one of our fields: typed here, or made in the CRM. The machine's value is kept beside it.

    `kind` is `override`, `cleared` (no tag wanted) or `conflict` (a value that is no option: listed, left alone).
    """

    __tablename__ = "overrides"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    contact_id: Mapped[ExternalId]
    field: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10), default="override")
    value: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_overrides_contact", "connection_id", "contact_id"),)


class StepAnswer(Base):
    """What a person said of a recommended step (done, not_now, wrong), and where the contact stood then."""

    __tablename__ = "step_answers"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    contact_id: Mapped[ExternalId]
    tactic: Mapped[str] = mapped_column(String(60))
    answer: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(255), default="")
    at: Mapped[datetime] = mapped_column(default=now)
    stage: Mapped[int | None]
    trust_level: Mapped[float | None]

    __table_args__ = (
        Index("ix_step_answers_contact", "connection_id", "contact_id", "at"),
        Index("ix_step_answers_at", "at"),
    )


class Portfolio(Base):
    """The purchase model of a connection's book, as a version; a run uses the stored one."""

    __tablename__ = "portfolios"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), index=True)
    as_of: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
