from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, Key, now


class Connection(Base):
    """One configured, signed-in instance of a connector. `secrets` is the encrypted JSON of the secret settings."""

    __tablename__ = "connections"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    connector: Mapped[str] = mapped_column(String(50))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secrets: Mapped[str] = mapped_column(default="")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    paused: Mapped[bool] = mapped_column(default=False)
    push_paused: Mapped[bool] = mapped_column(default=False)
    push_paused_because: Mapped[str] = mapped_column(default="")
    prepared_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
