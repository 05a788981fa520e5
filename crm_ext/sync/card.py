"""One contact as people see it: the judgement with its reasons, what people said, and what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from crm_ext.annotate.explain import reasons, render
from crm_ext.connector_api import Stream
from crm_ext.domain.packing import unpacked
from crm_ext.errors import CrmExtError, NotFound
from crm_ext.store import audit, db, now
from crm_ext.store.models import AnnotationRow, Connection, ContactRow, Override, StepAnswer
from crm_ext.sync import connections, playbooks
from crm_ext.sync.overrides import wanted
from crm_ext.sync.trace import trace

LATEST = 20
Link = Callable[[Stream, str], str | None]


def contact(connection: Connection, external_id: str) -> ContactRow:
    """Raises NotFound for one that was not pulled."""
    found = db.session.get(ContactRow, (connection.id, external_id))
    if found is None:
        raise NotFound(f"{connection.name!r} has no contact {external_id!r}.", fix="Was it pulled? See: crm-ext runs")
    return found


def card(connection: Connection, external_id: str, lang: str) -> dict[str, Any]:
    """The annotation as the interface describes it, and beside it `contact`, `tags`, `overrides`, `history`, `trace`.

    `annotation` is None for a contact that was pulled but not judged yet. Evidence lines carry `link`, the address of
    their record in the CRM, where it has one. `steps` are the recommended ones that nobody has answered since the
    judgement, `answers` what people said of steps, newest first.
    """
    row = contact(connection, external_id)
    answers = _rows(StepAnswer, row)
    with ExitStack() as stack:
        link = _links(connection, stack)
        annotation = _annotation(row, link, lang)
        return {
            "contact": _contact(row, link),
            "annotation": annotation,
            "steps": _unanswered(row, annotation, answers),
            "answers": [_answer(each, lang) for each in answers],
            "reasons": _reasons(row, lang),
            "tags": {"written": row.written or {}, "written_at": _iso(row.written_at), "seen": row.tags or {}},
            "overrides": overrides(row),
            "history": [_past(each) for each in _rows(AnnotationRow, row)],
            "trace": trace(row),
        }


def _links(connection: Connection, stack: ExitStack) -> Link:
    """Where a record stands in the CRM; a connection that cannot be opened just now has no links."""
    try:
        return stack.enter_context(connections.opened(connection)).link
    except CrmExtError:
        return lambda *_: None


def _contact(row: ContactRow, link: Link) -> dict[str, Any]:
    names = ("external_id", "name", "title", "email", "phone", "kind", "company_id", "owner_id")
    return {**{name: getattr(row, name) for name in names}, "link": link(Stream.CONTACTS, row.external_id)}


def _current(row: ContactRow) -> AnnotationRow | None:
    return db.session.scalar(
        select(AnnotationRow).where(
            AnnotationRow.connection_id == row.connection_id,
            AnnotationRow.contact_id == row.external_id,
            AnnotationRow.current,
        )
    )


def _annotation(row: ContactRow, link: Link, lang: str) -> dict[str, Any] | None:
    stored = _current(row)
    if stored is None:
        return None
    annotation = unpacked(stored.payload)
    shown = render(annotation, playbooks.judged(annotation.playbook), lang)
    for line, each in zip(shown["evidence"], annotation.evidence, strict=True):
        line["record"] = {"stream": each.record.stream.value, "id": each.record.id} if each.record else None
        line["link"] = link(each.record.stream, each.record.id) if each.record else None
    return shown


def _unanswered(
    row: ContactRow, annotation: dict[str, Any] | None, answers: Sequence[StepAnswer]
) -> list[dict[str, Any]]:
    stored = _current(row)
    if annotation is None or stored is None:
        return []
    said = {each.tactic for each in answers if each.at >= stored.as_of}
    return [each for each in annotation["tactics"] if each["id"] not in said]


def _answer(each: StepAnswer, lang: str) -> dict[str, Any]:
    tactic = playbooks.active().tactics.get(each.tactic)
    return {
        "tactic": each.tactic,
        "text": tactic.text.lang(lang) if tactic else each.tactic,
        "answer": each.answer,
        "note": each.note,
        "actor": each.actor,
        "at": _iso(each.at),
    }


def _reasons(row: ContactRow, lang: str) -> str:
    stored = _current(row)
    return reasons(unpacked(stored.payload), playbooks.judged(stored.playbook), lang) if stored else ""


def standing(row: ContactRow) -> Sequence[Override]:
    """What people said about this contact that still holds."""
    mine = (Override.connection_id == row.connection_id) & (Override.contact_id == row.external_id)
    return db.session.scalars(select(Override).where(mine, Override.ended_at.is_(None)).order_by(Override.id)).all()


def overrides(row: ContactRow) -> list[dict[str, Any]]:
    return [_override(each) for each in standing(row)]


def _override(each: Override) -> dict[str, Any]:
    return {
        "field": each.field,
        "kind": each.kind,
        "value": each.value,
        "reason": each.reason,
        "actor": each.actor,
        "created_at": _iso(each.created_at),
        "until": _iso(each.until),
    }


def _rows(model: Any, row: ContactRow) -> Sequence[Any]:
    mine = (model.connection_id == row.connection_id) & (model.contact_id == row.external_id)
    return db.session.scalars(select(model).where(mine).order_by(model.id.desc()).limit(LATEST)).all()


def _past(each: AnnotationRow) -> dict[str, Any]:
    return {
        "since": _iso(each.since),
        "run": each.run_id,
        "stage": each.stage,
        "trust_level": each.trust_level,
        "alerts": each.payload.get("alerts", []),
        "playbook": each.playbook,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def override(
    connection: Connection,
    external_id: str,
    *,
    stage: str | None,
    trust: float | None,
    until: datetime | None,
    reason: str,
    actor: str,
) -> None:
    """Keep a person's word on stage or trust; the next run writes it. Raises CrmExtError without a reason."""
    if not reason.strip():
        raise CrmExtError("An override needs a reason.", fix="Say why, so that others understand it.")
    if until is not None and until <= now():
        raise CrmExtError(f"{until:%Y-%m-%d} is past.", fix="Name a day to come.")
    row = contact(connection, external_id)
    fields = wanted(stage, trust)
    before = _said(row, fields)
    _end(row, list(fields))
    for field, value in fields.items():
        db.session.add(
            Override(
                connection_id=row.connection_id,
                contact_id=row.external_id,
                field=field,
                value=value,
                reason=reason,
                actor=actor,
                until=until,
            )
        )
    _looked_at_again(row, "override.set", before, {**fields, "reason": reason}, actor)


def clear_overrides(connection: Connection, external_id: str, *, actor: str) -> int:
    """Withdraw what people said about this contact; returns how much that was."""
    row = contact(connection, external_id)
    fields = [each.field for each in standing(row)]
    before = _said(row, fields)
    _end(row, fields)
    _looked_at_again(row, "override.clear", before, dict.fromkeys(fields, ""), actor)
    return len(fields)


def _end(row: ContactRow, fields: Sequence[str]) -> None:
    mine = (Override.connection_id == row.connection_id) & (Override.contact_id == row.external_id)
    still = mine & Override.field.in_(fields) & Override.ended_at.is_(None)
    db.session.execute(update(Override).where(still).values(ended_at=now()))


def _said(row: ContactRow, fields: Iterable[str]) -> dict[str, str]:
    """What people say of these fields now; empty where nobody has said anything."""
    said = {each.field: each.value for each in standing(row)}
    return {field: said.get(field, "") for field in fields}


def _looked_at_again(
    row: ContactRow, action: str, before: Mapping[str, str], after: Mapping[str, str], actor: str
) -> None:
    row.dirty = True
    subject = f"{row.connection_id}/{row.external_id}"
    audit.record(actor, action, subject, list(after), before=before, after=after)
    db.session.commit()
