"""Contacts with all of their records, some hundred at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from crm_ext.domain.bundle import Bundle
from crm_ext.domain.events import Answered, Signal
from crm_ext.domain.records import Company, Contact, Stream
from crm_ext.store.bulk import table_of
from crm_ext.store.models import ContactRow, Ownership, Participant, StepAnswer
from crm_ext.store.rows import BY_STREAM, SHAPES

LINKED = (Stream.ACTIVITIES, Stream.DEALS, Stream.CASES)
CONTACT = SHAPES[Contact]
COMPANY = SHAPES[Company]


def bundles(session: Session, connection_id: int, ids: Sequence[str]) -> list[tuple[RowMapping, Bundle]]:
    """Each contact's row and its bundle, in the order of the ids; ids that are not stored are left out."""
    table = table_of(ContactRow)
    where = (table.c.connection_id == connection_id) & table.c.external_id.in_(ids)
    contacts = {row["external_id"]: row for row in session.execute(select(table).where(where)).mappings()}
    companies = _companies(
        session, connection_id, {row["company_id"] for row in contacts.values() if row["company_id"]}
    )
    owners = _owners(session, connection_id, ids)
    answers = _answers(session, connection_id, ids)
    linked = {stream: _linked(session, connection_id, stream, ids) for stream in LINKED}
    made = []
    for key in ids:
        if key not in contacts:
            continue
        of_stream = {stream.value: tuple(record for record, _ in rows.get(key, ())) for stream, rows in linked.items()}
        found = {
            f"{stream}/{record.id}": signals
            for stream, rows in linked.items()
            for record, signals in rows.get(key, ())
            if signals is not None
        }
        contact = contacts[key]
        bundle = Bundle(
            contact=CONTACT.back(contact),
            company=companies.get(contact["company_id"]),
            owners=owners.get(key, ()),
            answers=tuple(answers.get(key, ())),
            signals=found,
            **of_stream,
        )
        made.append((contact, bundle))
    return made


def _companies(session: Session, connection_id: int, ids: set[str]) -> dict[str, Company]:
    table = COMPANY.table
    where = (table.c.connection_id == connection_id) & table.c.external_id.in_(ids)
    return {row["external_id"]: COMPANY.back(row) for row in session.execute(select(table).where(where)).mappings()}


def _owners(
    session: Session, connection_id: int, ids: Sequence[str]
) -> Mapping[str, tuple[tuple[datetime, str | None], ...]]:
    query = select(Ownership.contact_id, Ownership.since, Ownership.owner_id).where(
        Ownership.connection_id == connection_id, Ownership.contact_id.in_(ids)
    )
    found: dict[str, tuple[tuple[datetime, str | None], ...]] = defaultdict(tuple)
    for contact, since, owner in session.execute(query.order_by(Ownership.contact_id, Ownership.since)):
        found[contact] += ((since, owner),)
    return found


def _answers(session: Session, connection_id: int, ids: Sequence[str]) -> Mapping[str, list[Answered]]:
    query = select(StepAnswer.contact_id, StepAnswer.tactic, StepAnswer.answer, StepAnswer.at).where(
        StepAnswer.connection_id == connection_id, StepAnswer.contact_id.in_(ids)
    )
    found: dict[str, list[Answered]] = defaultdict(list)
    for contact, tactic, answer, at in session.execute(query.order_by(StepAnswer.id)):
        found[contact].append(Answered(tactic, answer, at))
    return found


def _linked(session: Session, connection_id: int, stream: Stream, ids: Sequence[str]) -> dict[str, list[Any]]:
    """The records of one stream by contact, each with the signals found in it (None where nobody has read it)."""
    shape = BY_STREAM[stream]
    table, link = shape.table, table_of(Participant)
    query = (
        select(link.c.contact_id, table)
        .join(table, (table.c.connection_id == link.c.connection_id) & (table.c.external_id == link.c.record_id))
        .where(link.c.connection_id == connection_id, link.c.stream == stream.value, link.c.contact_id.in_(ids))
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(query).mappings():
        signals = tuple(map(signal, row["signals"])) if shape.readable and row["signals"] is not None else None
        found[row["contact_id"]].append((shape.back(row, (row["contact_id"],)), signals))
    return found


def signal(row: Sequence[Any]) -> Signal:
    identity, rule, start, end, quote, confidence, text_hash = row
    return Signal(id=identity, rule=rule, start=start, end=end, quote=quote, confidence=confidence, text_hash=text_hash)
