"""Stored contacts as timelines: the one place where a connection's settings decide how its records are seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from crm_ext.domain.bundle import Bundle
from crm_ext.domain.events import Timeline
from crm_ext.domain.records import Kind
from crm_ext.domain.timeline import timeline
from crm_ext.store.bundles import bundles
from crm_ext.store.models import Connection


def timelines(
    session: Session, connection: Connection, ids: Sequence[str], lang: str
) -> Iterator[tuple[RowMapping, Timeline]]:
    """Each contact's row and timeline, in the order of the ids; ids that are not stored are left out."""
    rule = str(connection.settings.get("key_accounts", "marked"))
    for row, bundle in bundles(session, connection.id, ids):
        yield row, timeline(bundle, kind=_kind(rule, bundle), language=lang)


def _kind(rule: str, bundle: Bundle) -> Kind:
    everyone = rule == "all" or (rule == "with_company" and bundle.company is not None)
    return Kind.KEY_ACCOUNT if everyone else Kind.INDIVIDUAL
