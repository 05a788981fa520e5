from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, Key, now


def new_key() -> str:
    return secrets.token_urlsafe(18)


class Connection(Base):
    """One configured, signed-in instance of a connector. `secrets` is the encrypted JSON of the secret settings.

    `key` names it in the addresses that its CRM calls; it is no secret, but nobody guesses it.
    `judged_with` is the digest of the playbook that its contacts were last asked to be judged with.
    """

    __tablename__ = "connections"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    key: Mapped[str] = mapped_column(String(40), unique=True, index=True, default=new_key, server_default="")
    connector: Mapped[str] = mapped_column(String(50))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secrets: Mapped[str] = mapped_column(default="")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    paused: Mapped[bool] = mapped_column(default=False)
    push_paused: Mapped[bool] = mapped_column(default=False)
    push_paused_because: Mapped[str] = mapped_column(default="")
    judged_with: Mapped[str | None] = mapped_column(String(64))
    prepared_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
