"""What people say of a recommended step: done, not now, wrong. The next run hears it."""

from __future__ import annotations

from sqlalchemy import select

from crm_ext.errors import CrmExtError
from crm_ext.store import audit, db
from crm_ext.store.models import AnnotationRow, Connection, ContactRow, StepAnswer
from crm_ext.sync import playbooks
from crm_ext.sync.card import contact

ANSWERS = ("done", "not_now", "wrong")
LONGEST_NOTE = 2000


def answer(
    connection: Connection, external_id: str, *, tactic: str, said: str, actor: str, note: str = ""
) -> StepAnswer:
    """Keep an answer; the same one twice to the same judgement is one. Raises CrmExtError for what cannot be used."""
    if said not in ANSWERS:
        raise CrmExtError(f"{said!r} is no answer.", fix=f"Use one of {', '.join(ANSWERS)}.")
    if tactic not in playbooks.active().tactics:
        raise CrmExtError(f"{tactic!r} is no step of the playbook.", fix="Open the page again.")
    row = contact(connection, external_id)
    found = _same(row, tactic, said)
    if found is None:
        found = StepAnswer(
            connection_id=row.connection_id,
            contact_id=row.external_id,
            tactic=tactic,
            answer=said,
            actor=actor,
            stage=row.stage,
            trust_level=row.trust_level,
        )
        db.session.add(found)
    found.note = note.strip()[:LONGEST_NOTE] or found.note or ""
    row.dirty = True
    audit.record(actor, f"step.{said}", f"{row.connection_id}/{row.external_id}", [tactic])
    db.session.commit()
    return found


def _same(row: ContactRow, tactic: str, said: str) -> StepAnswer | None:
    """The answer that was given to the current judgement already."""
    judged = select(AnnotationRow.as_of).where(
        AnnotationRow.connection_id == row.connection_id,
        AnnotationRow.contact_id == row.external_id,
        AnnotationRow.current,
    )
    mine = (StepAnswer.connection_id == row.connection_id) & (StepAnswer.contact_id == row.external_id)
    same = (StepAnswer.tactic == tactic) & (StepAnswer.answer == said)
    return db.session.scalar(select(StepAnswer).where(mine, same, StepAnswer.at >= judged.scalar_subquery()))
