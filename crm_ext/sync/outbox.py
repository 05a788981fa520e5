"""What waits to be written, and what the CRM refused."""

from __future__ import annotations

from sqlalchemy import update

from crm_ext.store import audit, db
from crm_ext.store.models import Connection, OutboxRow


def resend(connection: Connection, *, actor: str) -> int:
    """Queue again what failed or was tried often enough; returns how many contacts that are."""
    mine = (OutboxRow.connection_id == connection.id) & (OutboxRow.attempts > 0) & (OutboxRow.state != "sending")
    changed = update(OutboxRow).where(mine).values(state="waiting", attempts=0, reason="")
    count = len(db.session.execute(changed.returning(OutboxRow.contact_id)).all())
    audit.record(actor, "connection.resend", connection.name)
    db.session.commit()
    return count
