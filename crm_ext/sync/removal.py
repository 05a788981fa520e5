"""Leaving: our tags out of the CRM, then the connection out of the instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from crm_ext.connector_api import Unsupported
from crm_ext.domain.tags import NAMES
from crm_ext.errors import Conflict
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.models import Connection, ContactRow, OutboxRow
from crm_ext.sync import connections, runs
from crm_ext.sync.outbox import queued
from crm_ext.sync.push import of_run, push, settle_doubtful
from crm_ext.sync.work import Options, Work

CHUNK = 500
CONTACTS = table_of(ContactRow)


def remove(connection: Connection, *, tags: bool, actor: str) -> dict[str, Any]:
    """Forget the connection; with `tags`, first take everything of ours out of the CRM.

    Raises Conflict where tags could not be taken away: the connection then stays, so that it can be tried again.
    """
    told: dict[str, Any] = {"connection": connection.name, "cleared": 0, "failed": 0, "findings": []}
    if tags:
        with runs.under_way(connection, "remove", Options()) as work:
            told["findings"] = _clear(work)
        told |= {"cleared": work.counts["pushed"], "failed": work.counts["failed"]}
        if work.counts["failed"]:
            raise Conflict(
                f"{work.counts['failed']} contacts still carry our tags.", fix=f"See: crm-ext run show {work.run.id}"
            )
    connections.delete(connection, actor=actor)
    return told


def _clear(work: Work) -> list[str]:
    settle_doubtful(work)
    last = ""
    while ids := _tagged(work, last):
        last = ids[-1]
        upsert(
            work.session, table_of(OutboxRow), [queued(work, contact, dict.fromkeys(NAMES, ""), {}) for contact in ids]
        )
        work.commit()
    push(work, of_run(work.run.id))
    try:
        return [f"{each.name}: {each.detail}" for each in work.connector.clear(connections.specs())]
    except Unsupported as error:
        return [str(error)]


def _tagged(work: Work, last: str) -> Sequence[str]:
    """Contacts that carry tags of ours, as far as we know."""
    mine = (CONTACTS.c.connection_id == work.connection_id) & (CONTACTS.c.external_id > last)
    tagged = CONTACTS.c.written.is_not(None) | CONTACTS.c.tags.is_not(None)
    query = select(CONTACTS.c.external_id).where(mine, tagged).order_by(CONTACTS.c.external_id).limit(CHUNK)
    return work.session.scalars(query).all()
