"""Records that are gone from the CRM, or live on under another id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm_ext.domain.records import Merged, Stream
from crm_ext.store.bulk import CHUNK, chunks, table_of, upsert
from crm_ext.store.models import (
    Alias,
    AnnotationRow,
    ContactRow,
    LedgerEntry,
    Move,
    OutboxRow,
    Override,
    Ownership,
    Participant,
    StepAnswer,
)
from crm_ext.store.rows import BY_STREAM

OF_CONTACT = (AnnotationRow, OutboxRow, Ownership, Override, StepAnswer, Move)
FOLLOWING = (Override, LedgerEntry, StepAnswer)
"""What goes over to the contact that another was merged into."""


def mark_dirty(session: Session, connection_id: int, contact_ids: Iterable[str]) -> None:
    """Ask for a new annotation of these contacts, where we have them."""
    for ids in chunks(sorted(contact_ids)):
        mine = (ContactRow.connection_id == connection_id) & ContactRow.external_id.in_(ids)
        session.execute(update(ContactRow).where(mine, ~ContactRow.dirty).values(dirty=True))


def mark_all_dirty(session: Session, connection_id: int) -> None:
    """Ask for a new annotation of everybody."""
    mine = ContactRow.connection_id == connection_id
    session.execute(update(ContactRow).where(mine, ~ContactRow.dirty).values(dirty=True))


def unlink(session: Session, connection_id: int, stream: Stream, record_ids: Collection[str]) -> set[str]:
    """Forget who took part in these records; returns who it was."""
    concerned: set[str] = set()
    for ids in chunks(record_ids):
        mine = (Participant.connection_id == connection_id) & (Participant.stream == stream.value)
        concerned |= participants(session, connection_id, stream, ids)
        session.execute(delete(Participant).where(mine, Participant.record_id.in_(ids)))
    return concerned


def participants(session: Session, connection_id: int, stream: Stream, record_ids: Sequence[str]) -> set[str]:
    """Who took part in these records; not more than a chunk of them."""
    mine = (Participant.connection_id == connection_id) & (Participant.stream == stream.value)
    return set(session.scalars(select(Participant.contact_id).where(mine, Participant.record_id.in_(record_ids))))


def remove(session: Session, connection_id: int, stream: Stream, ids: Collection[str]) -> int:
    """Delete records; whoever took part in them needs a new look. A contact takes its annotation along."""
    if not ids:
        return 0
    mark_dirty(session, connection_id, unlink(session, connection_id, stream, ids))
    if stream is Stream.CONTACTS:
        for model in OF_CONTACT:
            session.execute(delete(model).where(model.connection_id == connection_id, model.contact_id.in_(ids)))
    table = BY_STREAM[stream].table
    gone = session.execute(
        delete(table)
        .where(table.c.connection_id == connection_id, table.c.external_id.in_(ids))
        .returning(table.c.external_id)
    )
    return len(gone.all())


def sweep(session: Session, connection_id: int, stream: Stream, run_id: int) -> int:
    """Remove the records of a stream that this run did not meet."""
    table = BY_STREAM[stream].table
    unmet = (
        select(table.c.external_id).where(table.c.connection_id == connection_id, table.c.seen != run_id).limit(CHUNK)
    )
    count = 0
    while ids := session.scalars(unmet).all():
        count += remove(session, connection_id, stream, ids)
    return count


def merge(session: Session, connection_id: int, merged: Merged) -> None:
    """Make the id an alias: what people said and what we wrote follows, the old row goes."""
    row = {"connection_id": connection_id, "stream": merged.stream.value, "external_id": merged.id, "into": merged.into}
    news = session.scalar(select(Alias.into).filter_by(**row)) is None
    upsert(session, table_of(Alias), [row])
    session.execute(
        update(Alias)
        .where(Alias.connection_id == connection_id, Alias.stream == merged.stream.value, Alias.into == merged.id)
        .values(into=merged.into)
    )
    if merged.stream is Stream.CONTACTS:
        _move_contact(session, connection_id, merged.id, merged.into)
        if news:
            _forget_written(session, connection_id, merged.into)
    remove(session, connection_id, merged.stream, [merged.id])


def _forget_written(session: Session, connection_id: int, contact_id: str) -> None:
    """What stands there now may be what we wrote for the other one: it is nobody's correction, and written anew."""
    mine = (ContactRow.connection_id == connection_id) & (ContactRow.external_id == contact_id)
    session.execute(update(ContactRow).where(mine).values(written=None, dirty=True))


def _move_contact(session: Session, connection_id: int, old: str, new: str) -> None:
    for model in FOLLOWING:
        session.execute(
            update(model).where(model.connection_id == connection_id, model.contact_id == old).values(contact_id=new)
        )
    where = (Participant.connection_id == connection_id) & (Participant.contact_id == old)
    rows = [
        {"connection_id": connection_id, "stream": stream, "record_id": record, "contact_id": new}
        for stream, record in session.execute(select(Participant.stream, Participant.record_id).where(where))
    ]
    session.execute(delete(Participant).where(where))
    upsert(session, table_of(Participant), rows)
    mark_dirty(session, connection_id, [new])
