"""What waits to be written, and what the CRM refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from crm_ext.domain.tags import DECIDING
from crm_ext.store import audit, db, now
from crm_ext.store.models import Connection, OutboxRow
from crm_ext.sync.work import Work


def queued(work: Work, contact_id: str, values: Mapping[str, str], was: Mapping[str, str]) -> dict[str, Any]:
    """A row that waits to be written, for the first time and from now on."""
    by_time = work.part is not None and work.part.order.get("asked") == "due_at"
    return {
        "connection_id": work.connection_id,
        "contact_id": contact_id,
        "run_id": work.run.id,
        "values": dict(values),
        "was": dict(was),
        "state": "waiting",
        "attempts": 0,
        "reason": "",
        "queued_at": now(),
        "not_before": None,
        "replaces": any(was.get(name) and was[name] != values.get(name, "") for name in DECIDING),
        "by_time": by_time,
    }


def resend(connection: Connection, *, actor: str) -> int:
    """Queue again what failed or was tried often enough; returns how many contacts that are."""
    mine = (OutboxRow.connection_id == connection.id) & (OutboxRow.attempts > 0) & (OutboxRow.state != "sending")
    changed = update(OutboxRow).where(mine).values(state="waiting", attempts=0, reason="", not_before=None)
    count = len(db.session.execute(changed.returning(OutboxRow.contact_id)).all())
    audit.record(actor, "connection.resend", connection.name)
    db.session.commit()
    return count
