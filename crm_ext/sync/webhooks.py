"""Webhooks: verified by the connector, kept as hints, and pulled by a run that is asked for at once.

A hint is never believed, only pulled; one that comes while its record is being pulled is pulled again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from crm_ext.connector_api import Hint as Told
from crm_ext.connector_api import Message, Part, Stream
from crm_ext.store import db
from crm_ext.store.bulk import chunks, table_of
from crm_ext.store.models import Hint
from crm_ext.sync import connections, runs
from crm_ext.sync.work import Options

KEY = "hints"
BY = "webhook"
HINTS = table_of(Hint)


def received(key: str, message: Message) -> int:
    """Keep what a message tells of, and ask for a run that pulls it; returns how many records it names.

    Raises NotFound for a key that no connection has, BadSignature, SkipRecord for a body that holds no events, and
    Unsupported where the CRM sends no webhooks.
    """
    connection = connections.by_key(key)
    with connections.opened(connection) as crm:
        told: Sequence[Told] = [each for each in crm.changes(message) if each.stream in crm.capabilities.streams]
    if told:
        rows = [{"connection_id": connection.id, "stream": each.stream.value, "record_id": each.id} for each in told]
        db.session.execute(insert(Hint), rows)
        db.session.commit()
    if told and not connection.paused:
        runs.request(connection, Options(hinted=True), by=BY)
    return len(told)


def parts(session: Session, connection_id: int) -> Iterator[Part]:
    """What was told of and is not pulled yet, each record once; a part knows its last hint."""
    mine = select(HINTS.c.id, HINTS.c.stream, HINTS.c.record_id).where(HINTS.c.connection_id == connection_id)
    rows = session.execute(mine.order_by(HINTS.c.id)).all()
    for stream in Stream:
        last = {row.record_id: row.id for row in rows if row.stream == stream.value}
        for number, ids in enumerate(chunks(last)):
            yield Part(stream, None, f"{KEY}-{number}", {"ids": ids, "until": max(last[each] for each in ids)})


def pulled(session: Session, connection_id: int, part: Part) -> None:
    """Forget the hints of a part that is done, but not those that came meanwhile."""
    if not part.key.startswith(KEY):
        return
    mine = (HINTS.c.connection_id == connection_id) & (HINTS.c.stream == part.stream.value)
    told = (HINTS.c.id <= part.bounds["until"]) & HINTS.c.record_id.in_(part.bounds["ids"])
    session.execute(delete(HINTS).where(mine, told))
