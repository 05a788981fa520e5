from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, Key, OfConnection, now


class Account(Base):
    """A person who signs in here. Matched to the CRM's users by e-mail."""

    __tablename__ = "accounts"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    role: Mapped[str] = mapped_column(String(20), default="rep")
    password_hash: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class AuditEntry(Base):
    """One line of the append-only log: ids and field names, chained by `hash` over the line before."""

    __tablename__ = "audit"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(50))
    subject: Mapped[str] = mapped_column(String(300))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str] = mapped_column(Text, default="", server_default="")
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditKey(Base):
    """What the log's values about one thing are encrypted with; itself encrypted with the installation's key."""

    __tablename__ = "audit_keys"

    subject: Mapped[str] = mapped_column(String(300), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)


class Erasure(OfConnection, Base):
    """Somebody who was erased and is not read again: a digest of the id, and nothing else."""

    __tablename__ = "erasures"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


class UsedToken(Base):
    """A token that was good for one action, and has done it; kept until it would have expired anyway."""

    __tablename__ = "used_tokens"

    nonce: Mapped[str] = mapped_column(String(40), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)
