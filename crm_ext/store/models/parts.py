from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, Key


class PartRow(Base):
    """A piece of a run's phase that one worker does at a time; gone when the run ends.

    Whoever takes it counts `fence` up and holds it until `lease_until`; results are stored only together with the
    number they were taken with. `error` is why another worker gave it back.
    """

    __tablename__ = "parts"

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    phase: Mapped[str] = mapped_column(String(10))
    order: Mapped[dict[str, Any]]
    checkpoint: Mapped[dict[str, Any] | None]
    holder: Mapped[str] = mapped_column(String(255), default="", server_default="")
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[bool] = mapped_column(default=False, server_default=false())
    error: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (Index("ix_parts_run", "run_id", "done", "id"),)
