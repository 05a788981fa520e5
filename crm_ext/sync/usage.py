"""What a connection's runs did, by day: requests to the CRM for the budget, the rest for the figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm_ext.connector_api import Stream
from crm_ext.store import db, now
from crm_ext.store.bulk import table_of
from crm_ext.store.models import Usage
from crm_ext.sync.environment import config

USAGE = table_of(Usage)
COUNTED = ("requests", "annotated", "pushed", "failed")
PULLED = tuple(f"pulled.{stream}" for stream in Stream)


def today() -> date:
    """The day that counts, in the installation's zone."""
    return now().astimezone(ZoneInfo(config().timezone)).date()


def tomorrow() -> datetime:
    """When the next day begins."""
    midnight = datetime.combine(today() + timedelta(days=1), time(), ZoneInfo(config().timezone))
    return midnight.astimezone(UTC)


def add(session: Session, connection_id: int, since: Mapping[str, Any]) -> None:
    """Add what was counted to the day's figures; several workers may at the same time."""
    new = {name: int(since.get(name, 0)) for name in COUNTED}
    new["pulled"] = sum(int(since.get(name, 0)) for name in PULLED)
    if not any(new.values()):
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(USAGE).values(connection_id=connection_id, day=today(), **new)
    sums = {name: USAGE.c[name] + statement.excluded[name] for name in new}
    session.execute(statement.on_conflict_do_update(index_elements=["connection_id", "day"], set_=sums))


def requests_today(connection_id: int) -> int:
    query = select(Usage.requests).where(Usage.connection_id == connection_id, Usage.day == today())
    return db.session.scalar(query) or 0
