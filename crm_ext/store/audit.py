"""The append-only log: who did what to which thing, each line chained to the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from sqlalchemy import select

from crm_ext.store.base import db, now
from crm_ext.store.models import AuditEntry
from crm_ext.store.queries import paging


def record(actor: str, action: str, subject: str, fields: Sequence[str] = ()) -> None:
    """Add a line to the current transaction: names of fields only, never values."""
    last = db.session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""
    entry = AuditEntry(at=now(), actor=actor, action=action, subject=subject, fields={"names": list(fields)})
    entry.previous = last
    entry.hash = digest(entry)
    db.session.add(entry)
    db.session.flush()


def walk(*, after: str, limit: int) -> paging.Slice[AuditEntry]:
    """The lines, newest first, a slice at a time. Raises WrongPlace."""
    return paging.by_number(select(AuditEntry), AuditEntry.id, after=after, limit=limit)


def digest(entry: AuditEntry) -> str:
    parts = (entry.previous, entry.at.isoformat(), entry.actor, entry.action, entry.subject, repr(entry.fields))
    return sha256("\x1f".join(parts).encode()).hexdigest()


def broken() -> Iterator[int]:
    """The ids of lines that do not fit the chain."""
    previous = ""
    for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.previous != previous or entry.hash != digest(entry):
            yield entry.id
        previous = entry.hash
