"""One person's data: all of it handed out, or erased."""

from __future__ import annotations

from typing import Any

from crm_ext.connector_api import Stream
from crm_ext.domain.packing import packed
from crm_ext.store import audit, db, erasure, now
from crm_ext.store.bundles import bundles
from crm_ext.store.models import Connection
from crm_ext.sync.card import card, contact


def subject(connection: Connection, external_id: str) -> str:
    """A contact as the audit log names it."""
    return f"{connection.id}/{external_id}"


def export(connection: Connection, external_id: str, lang: str, *, actor: str) -> dict[str, Any]:
    """Everything we keep about a contact. Raises NotFound; noted in the audit log."""
    shown = card(connection, contact(connection, external_id).external_id, lang)
    [(_, bundle)] = bundles(db.session(), connection.id, [external_id])
    records = {
        Stream.CONTACTS.value: packed(bundle.contact),
        "company": packed(bundle.company),
        **{name: [packed(each) for each in getattr(bundle, name)] for name in ("activities", "deals", "cases")},
    }
    audit.record(actor, "contact.export", subject(connection, external_id))
    db.session.commit()
    return {"exported_at": now().isoformat(), "connection": connection.name, **shown, "records": records}


def erase(connection: Connection, external_id: str, *, actor: str) -> int:
    """Delete all of it, destroy the key to what the log keeps, and never read it again; returns how many records went.

    The CRM is left as it is. Raises NotFound.
    """
    contact(connection, external_id)
    gone = erasure.erase(db.session(), connection.id, external_id)
    audit.forget(subject(connection, external_id))
    audit.record(actor, "contact.erase", subject(connection, external_id))
    db.session.commit()
    return gone
