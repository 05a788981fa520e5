"""How contacts moved: the book's history, in short."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, ExternalId, Key

LOST = text("loss != ''")


class Move(Base):
    """A change of stage, band or alerts, never changed afterwards.

    `way` is came (judged for the first time), rose, fell or same; `cause` the signal of the newest evidence that
    speaks for the change, empty where time alone made it; `gained` and `cleared` are alerts, joined by `;`; `loss` is
    the leading cause in the loss report of somebody who was lost just now.
    """

    __tablename__ = "moves"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    contact_id: Mapped[ExternalId]
    run_id: Mapped[int]
    at: Mapped[datetime]
    playbook: Mapped[str] = mapped_column(String(40))
    way: Mapped[str] = mapped_column(String(4))
    stage_from: Mapped[int | None]
    stage_to: Mapped[int | None]
    band_from: Mapped[str | None] = mapped_column(String(12))
    band_to: Mapped[str] = mapped_column(String(12))
    gained: Mapped[str] = mapped_column(Text, default="")
    cleared: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(String(60), default="")
    loss: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        Index("ix_moves_contact", "connection_id", "contact_id", "at"),
        Index("ix_moves_way", "way", "at", "stage_from", "stage_to"),
        Index("ix_moves_loss", "at", "loss", sqlite_where=LOST, postgresql_where=LOST),
    )
