"""Diagnoses of stored contacts and companies. Each function answers with data; `words` puts an answer into words.

All look at what is stored as of an instant (now, if none is given) with the active playbook, and raise NotFound for
whom the CRM never showed. Quotes name the CRM's records that they stand in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm_ext.annotate import accounts, annotate, desk, effort, questions
from crm_ext.annotate.questions import QUESTIONS, Answer
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.errors import NotFound
from crm_ext.store import db, now
from crm_ext.store.bulk import chunks
from crm_ext.store.models import CompanyRow, Connection, ContactRow
from crm_ext.sync import card, playbooks, portfolio
from crm_ext.sync.environment import config
from crm_ext.sync.timelines import timelines


def of_contact(question: str, connection: Connection, external_id: str, as_of: datetime | None = None) -> Answer | None:
    """The answer to one of QUESTIONS: no_purchase, no_referral, tension, loss, complaint.

    None where there is none: tension while nobody has tried, complaint for who never complained.
    """
    found = card.contact(connection, external_id)
    timeline, annotation = next(_judged(connection, [found.external_id], as_of or now()))
    return QUESTIONS[question](timeline, playbooks.active(), annotation)


def of_company(
    connection: Connection, company_id: str, as_of: datetime | None = None, share: float | None = None
) -> accounts.Account:
    """Where a company stands beside its people. `share` is our part of what it purchases, 0 to 1, if known."""
    if db.session.get(CompanyRow, (connection.id, company_id)) is None:
        raise NotFound(f"{connection.name!r} has no company {company_id!r}.", fix="Was it pulled? See: crm-ext runs")
    mine = (ContactRow.connection_id == connection.id) & (ContactRow.company_id == company_id)
    people = db.session.scalars(select(ContactRow.external_id).where(mine).order_by(ContactRow.external_id)).all()
    moment = as_of or now()
    return accounts.account(list(_judged(connection, people, moment)), playbooks.active(), moment, share)


def of_classes(connection: Connection, as_of: datetime | None = None) -> tuple[effort.ClassEffort, ...]:
    """What the contacts of each class cost us and bring us. Looks at everybody: minutes for a large book."""
    mine = select(ContactRow.external_id).where(ContactRow.connection_id == connection.id)
    everybody = db.session.scalars(mine.order_by(ContactRow.external_id)).all()
    return effort.effort(_judged(connection, everybody, as_of or now()))


def of_reply(text: str, lang: str = "en", done: Iterable[str] = ()) -> desk.Reply:
    """What a draft answer to a complaint says wrongly. `done`: ids of the steps that were taken before it."""
    return desk.check_reply(text, playbooks.active(), lang, tuple(done))


def words(answer: Answer | None, lang: str) -> dict[str, Any]:
    """An answer as JSON, its words in one language; `{"answer": None}` for None."""
    return questions.words(answer, playbooks.active(), lang)


def _judged(connection: Connection, ids: Iterable[str], as_of: datetime) -> Iterator[tuple[Timeline, Annotation]]:
    playbook, purchases = playbooks.active(), portfolio.stored(connection.id)
    for some in chunks(ids):
        for _, timeline in timelines(db.session(), connection, some, config().lang):
            yield timeline, annotate(timeline, playbook, as_of, purchases)


__all__ = ["QUESTIONS", "Answer", "of_classes", "of_company", "of_contact", "of_reply", "words"]
