from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, OfConnection


class Schedule(OfConnection, Base):
    """When a connection is synced by itself: `every` so many seconds, or by `cron`; neither: never.

    `quiet` are hours such as `22:00-06:00` in which nothing begins by itself. `next_at` was counted from
    `counted_at`.
    """

    __tablename__ = "schedules"

    every: Mapped[int | None]
    cron: Mapped[str] = mapped_column(String(100), default="")
    quiet: Mapped[str] = mapped_column(String(11), default="")
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    counted_at: Mapped[datetime | None]
