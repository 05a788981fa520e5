"""The append-only log: who did what to which thing, each line chained to the one before.

A line holds ids and names of fields. What stood there before and after is encrypted with a key of the thing's own, so
that destroying the key erases a person, and the chain, which covers what is encrypted, still holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from flask import current_app
from sqlalchemy import delete, false, select, text, update

from crm_ext.store import vault
from crm_ext.store.base import db, now
from crm_ext.store.models import AuditEntry, AuditKey
from crm_ext.store.queries import paging

Values = Mapping[str, Any]


def record(
    actor: str,
    action: str,
    subject: str,
    fields: Sequence[str] = (),
    *,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """Add a line to the current transaction; `before` and `after` must hold no secrets."""
    _alone()
    last = db.session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""
    entry = AuditEntry(at=now(), actor=actor, action=action, subject=subject, fields={"names": list(fields)})
    entry.sealed = _sealed(subject, {"before": before, "after": after}) if before or after else ""
    entry.previous = last
    entry.hash = digest(entry)
    db.session.add(entry)
    db.session.flush()


def _alone() -> None:
    """Wait until nobody else is writing the log, so that two lines never follow the same one."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    else:
        db.session.execute(update(AuditEntry).where(false()).values(actor=""))


def _sealed(subject: str, values: Values) -> str:
    """The values, encrypted; without a usable key of the installation nothing is kept of them."""
    try:
        key = _key(subject) or _new_key(subject)
    except vault.KeyProblem:
        return ""
    return key.encrypt(json.dumps(dict(values), default=str, ensure_ascii=False).encode()).decode()


def _key(subject: str) -> Fernet | None:
    kept = db.session.get(AuditKey, subject)
    return Fernet(vault.opened(current_app.extensions["crm_ext"], kept.sealed)["key"]) if kept else None


def _new_key(subject: str) -> Fernet:
    key = Fernet.generate_key().decode()
    db.session.add(AuditKey(subject=subject, sealed=vault.sealed(current_app.extensions["crm_ext"], {"key": key})))
    return Fernet(key)


def values(entry: AuditEntry) -> Values:
    """What stood there `before` and `after`; empty where nothing was kept, or its key was destroyed or is lost."""
    if not entry.sealed:
        return {}
    try:
        key = _key(entry.subject)
    except vault.KeyProblem:
        return {}
    return dict(json.loads(key.decrypt(entry.sealed.encode()))) if key else {}


def forget(subject: str) -> None:
    """Destroy the key to all that was kept of a thing."""
    db.session.execute(delete(AuditKey).where(AuditKey.subject == subject))


def every_key() -> Sequence[AuditKey]:
    return db.session.scalars(select(AuditKey)).all()


def walk(*, after: str, limit: int) -> paging.Slice[AuditEntry]:
    """The lines, newest first, a slice at a time. Raises WrongPlace."""
    return paging.by_number(select(AuditEntry), AuditEntry.id, after=after, limit=limit)


def digest(entry: Any) -> str:
    parts = [entry.previous, entry.at.isoformat(), entry.actor, entry.action, entry.subject, repr(entry.fields)]
    return sha256("\x1f".join([*parts, *filter(None, [entry.sealed])]).encode()).hexdigest()


def broken(lines: Iterable[Any] | None = None) -> Iterator[int]:
    """The ids of lines that do not fit the chain; `lines` are all rows by id, where they were read already."""
    previous = ""
    for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)) if lines is None else lines:
        if entry.previous != previous or entry.hash != digest(entry):
            yield entry.id
        previous = entry.hash
