"""Taking a person out of everything we keep, and keeping them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, aliased

from crm_ext.domain.records import Activity, Case, Change, Contact, Deal, Stream
from crm_ext.store import removal
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.models import Alias, Erasure, Failure, LedgerEntry, Participant, Run

LINKED = (Stream.ACTIVITIES, Stream.DEALS, Stream.CASES)


def digest(connection_id: int, external_id: str) -> str:
    return sha256(f"{connection_id}/{external_id}".encode()).hexdigest()


def known(session: Session, connection_id: int) -> frozenset[str]:
    """Digests of everybody who was erased from this connection."""
    return frozenset(session.scalars(select(Erasure.digest).where(Erasure.connection_id == connection_id)))


def without(changes: Iterable[Change], connection_id: int, erased: frozenset[str]) -> Iterator[Change]:
    """The changes without those about people who were erased, and without their part in the others."""
    for change in changes:
        if isinstance(change, Contact) and digest(connection_id, change.id) in erased:
            continue
        if isinstance(change, Activity | Deal | Case) and change.contact_ids:
            left = tuple(each for each in change.contact_ids if digest(connection_id, each) not in erased)
            if not left:
                continue
            yield change if left == change.contact_ids else replace(change, contact_ids=left)
            continue
        yield change


def erase(session: Session, connection_id: int, external_id: str) -> int:
    """Delete a contact with all that is about nobody else; returns how many records went. The CRM is left alone."""
    ids = [external_id, *_former(session, connection_id, external_id)]
    gone = 0
    for stream in LINKED:
        records = _only_theirs(session, connection_id, stream, ids)
        gone += removal.remove(session, connection_id, stream, records)
    theirs = (Participant.connection_id == connection_id) & Participant.contact_id.in_(ids)
    session.execute(delete(Participant).where(theirs))
    session.execute(
        delete(LedgerEntry).where(LedgerEntry.connection_id == connection_id, LedgerEntry.contact_id.in_(ids))
    )
    gone += removal.remove(session, connection_id, Stream.CONTACTS, ids)
    runs = select(Run.id).where(Run.connection_id == connection_id)
    session.execute(delete(Failure).where(Failure.run_id.in_(runs), Failure.external_id.in_(ids)))
    rows = [{"connection_id": connection_id, "digest": digest(connection_id, each)} for each in ids]
    upsert(session, table_of(Erasure), rows)
    return gone


def _former(session: Session, connection_id: int, external_id: str) -> list[str]:
    """The ids of contacts that were merged into this one."""
    mine = (Alias.connection_id == connection_id) & (Alias.stream == Stream.CONTACTS.value)
    return list(session.scalars(select(Alias.external_id).where(mine, Alias.into == external_id)))


def _only_theirs(session: Session, connection_id: int, stream: Stream, ids: list[str]) -> list[str]:
    """Records of a stream in which nobody else took part."""
    other = aliased(Participant)
    shared = exists().where(
        other.connection_id == Participant.connection_id,
        other.stream == Participant.stream,
        other.record_id == Participant.record_id,
        other.contact_id.not_in(ids),
    )
    mine = (Participant.connection_id == connection_id) & (Participant.stream == stream.value)
    query = select(Participant.record_id).where(mine, Participant.contact_id.in_(ids), ~shared).distinct()
    return list(session.scalars(query))
