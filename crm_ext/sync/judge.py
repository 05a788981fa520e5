"""Annotating: contacts whose records changed, or whose time has come; what differs goes into the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, delete, func, insert, select, update

from crm_ext.annotate import annotate
from crm_ext.annotate.explain import reasons
from crm_ext.annotate.value import Purchases
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.domain.packing import packed
from crm_ext.domain.tags import ALERTS, BAND, CLASS, LEVEL, NAMES, NEXT_STEP, differs, tag_values
from crm_ext.playbook import Playbook
from crm_ext.store import now
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.models import AnnotationRow, ContactRow, Move, OutboxRow, Override
from crm_ext.sync import playbooks, portfolio
from crm_ext.sync.environment import config
from crm_ext.sync.limits import heed
from crm_ext.sync.moves import lost, move
from crm_ext.sync.outbox import queued
from crm_ext.sync.overrides import IN_CRM, Verdict, heard
from crm_ext.sync.parts import Held
from crm_ext.sync.timelines import timelines
from crm_ext.sync.work import Work

CHUNK = 500
CONTACTS, ANNOTATIONS, OUTBOX = table_of(ContactRow), table_of(AnnotationRow), table_of(OutboxRow)


PHASE = "annotate"
SHARD = 1000
"""Contacts that one worker annotates before it looks for another part."""
ASKED = ("dirty", "due_at")
"""Contacts that changed come first, then those whose time has come; whoever is both has been seen to by then."""


def orders(work: Work, asked: str) -> Iterator[dict[str, Any]]:
    """Who needs it, in shards that bear the first id and the last."""
    number = func.row_number().over(order_by=CONTACTS.c.external_id).label("number")
    ids = select(CONTACTS.c.external_id, number).where(_condition(work, asked)).subquery()
    ends = select(func.min(ids.c.external_id), func.max(ids.c.external_id))
    shards = ends.group_by((ids.c.number - 1) // SHARD).order_by(func.min(ids.c.external_id))
    for first, last in work.session.execute(shards):
        yield {"asked": asked, "first": first, "last": last}


def do(work: Work, held: Sequence[Held]) -> None:
    """Annotate a shard, some hundred at a time; each contact is off the list once it is done."""
    judging = Judging(work, playbooks.of(work), portfolio.stored(work.connection_id), config().lang)
    for part in held:
        work.part = part
        begun = part.checkpoint["after"] if part.checkpoint else ""
        for ids in _asked(work, part.order, begun):
            judging.chunk(ids)
            part.checkpoint = {"after": ids[-1]}
            work.commit()
            work.phase(PHASE, work.counts["annotated"])
            heed(work)
        part.done = True
        work.commit()


def _condition(work: Work, asked: str) -> ColumnElement[bool]:
    condition = CONTACTS.c.dirty if asked == "dirty" else CONTACTS.c.due_at <= work.as_of
    return (CONTACTS.c.connection_id == work.connection_id) & condition


def _asked(work: Work, order: Mapping[str, Any], after: str) -> Iterator[Sequence[str]]:
    key = CONTACTS.c.external_id
    within = _condition(work, order["asked"]) & (key >= order["first"]) & (key <= order["last"])
    while ids := work.session.scalars(select(key).where(within, key > after).order_by(key).limit(CHUNK)).all():
        yield ids
        after = ids[-1]


@dataclass
class _Judged:
    """One contact's row, its new annotation, and what to write once people have been heard."""

    row: RowMapping
    annotation: Annotation
    machine: Mapping[str, str]
    verdict: Verdict
    move: dict[str, Any] | None

    @property
    def id(self) -> str:
        return self.annotation.id

    @cached_property
    def before(self) -> Mapping[str, str]:
        """What stands in the CRM, as far as we know: what was read there, or what we wrote."""
        return self.row["written"] or {} if self.row["tags"] is None else self.row["tags"]

    @cached_property
    def moved(self) -> bool:
        """Whether the judgement itself changed, apart from the level."""
        return self.row["trust_level"] is None or any(
            self.row[name] != value
            for name, value in _columns(self.annotation, self.machine).items()
            if name != "trust_level"
        )

    @cached_property
    def to_write(self) -> bool:
        return differs(self.verdict.values, self.before)


@dataclass(frozen=True)
class Judging:
    """All that a chunk of contacts is judged with."""

    work: Work
    playbook: Playbook
    purchases: Purchases
    lang: str

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset((*self.playbook.tactics, *self.playbook.alerts))

    def chunk(self, ids: Sequence[str]) -> None:
        standing = self._standing(ids)
        found = timelines(self.work.session, self.work.connection, ids, self.lang)
        judged = [self._one(row, timeline, standing.get(row["external_id"], ())) for row, timeline in found]
        self._keep_words(judged)
        self._keep_annotations(judged)
        self._keep_moves(judged)
        self._keep_contacts(judged)
        self._queue([each for each in judged if each.to_write])
        self._unqueue([each.id for each in judged if not each.to_write])
        self.work.counts["annotated"] += len(judged)
        self.work.counts["changed"] += sum(each.to_write for each in judged)

    def _one(self, row: RowMapping, timeline: Timeline, standing: Sequence[Override]) -> _Judged:
        annotation = annotate(timeline, self.playbook, self.work.as_of, self.purchases)
        machine = tag_values(annotation, reasons(annotation, self.playbook, self.lang))
        verdict = heard(
            machine,
            tags=row["tags"],
            written=row["written"],
            standing=standing,
            as_of=self.work.as_of,
            known=self.known,
        )
        moved = move(row, annotation, machine)
        moved = moved and lost(moved, timeline, self.playbook, annotation)
        return _Judged(row, annotation, machine, verdict, moved)

    def _standing(self, ids: Sequence[str]) -> dict[str, list[Override]]:
        query = select(Override).where(
            Override.connection_id == self.work.connection_id, Override.contact_id.in_(ids), Override.ended_at.is_(None)
        )
        found: dict[str, list[Override]] = {}
        for each in self.work.session.scalars(query.order_by(Override.id)):
            found.setdefault(each.contact_id, []).append(each)
        self.work.counts["overrides"] += len(found)
        return found

    def _keep_words(self, judged: Sequence[_Judged]) -> None:
        ended = [number for each in judged for number in each.verdict.ended]
        if ended:
            self.work.session.execute(update(Override).where(Override.id.in_(ended)).values(ended_at=now()))
        fixed = {"connection_id": self.work.connection_id, "actor": IN_CRM, "reason": "Changed in the CRM."}
        said = [{**fixed, "contact_id": each.id, **row} for each in judged for row in each.verdict.said]
        if said:
            self.work.session.execute(insert(Override), said)
        self.work.counts["overrides"] += len({row["contact_id"] for row in said})

    def _keep_annotations(self, judged: Sequence[_Judged]) -> None:
        """A new row where the judgement changed, else the current one in its newest form."""
        mine = ANNOTATIONS.c.connection_id == self.work.connection_id
        moved = [each for each in judged if each.moved]
        if moved:
            old = mine & ANNOTATIONS.c.contact_id.in_([each.id for each in moved]) & ANNOTATIONS.c.current
            self.work.session.execute(update(ANNOTATIONS).where(old).values(current=False))
            self.work.session.execute(insert(AnnotationRow), [self._annotation_row(each) for each in moved])
        renewed = [self._renewal(each.annotation) for each in judged if not each.moved]
        if renewed:
            same = mine & (ANNOTATIONS.c.contact_id == bindparam("key")) & ANNOTATIONS.c.current
            self.work.session.connection().execute(update(ANNOTATIONS).where(same), renewed)

    def _keep_moves(self, judged: Sequence[_Judged]) -> None:
        fixed = {"connection_id": self.work.connection_id, "run_id": self.work.run.id}
        rows = [{**fixed, **each.move} for each in judged if each.move]
        if rows:
            self.work.session.execute(insert(Move), rows)

    def _annotation_row(self, judged: _Judged) -> dict[str, Any]:
        annotation = judged.annotation
        return {
            "connection_id": self.work.connection_id,
            "contact_id": judged.id,
            "run_id": self.work.run.id,
            "current": True,
            "since": self.work.as_of,
            "stage": None if annotation.stage is None else int(annotation.stage),
            **{name: value for name, value in self._renewal(annotation).items() if name != "key"},
        }

    def _renewal(self, annotation: Annotation) -> dict[str, Any]:
        return {
            "key": annotation.id,
            "as_of": annotation.as_of,
            "playbook": annotation.playbook,
            "trust_level": annotation.trust.level,
            "payload": packed(annotation),
        }

    def _keep_contacts(self, judged: Sequence[_Judged]) -> None:
        statement = update(CONTACTS).where(
            CONTACTS.c.connection_id == self.work.connection_id, CONTACTS.c.external_id == bindparam("key")
        )
        rows = [
            {
                "key": each.id,
                "dirty": False,
                "due_at": self._due(each),
                "stage_since": self._since(each),
                **_columns(each.annotation, each.machine),
            }
            for each in judged
        ]
        if rows:
            self.work.session.connection().execute(statement, rows)

    def _since(self, judged: _Judged) -> Any:
        stays = judged.move is None or judged.move["way"] == "same"
        return (judged.row["stage_since"] if stays else None) or self.work.as_of

    def _due(self, judged: _Judged) -> Any:
        """When time alone asks for the next look; never at once, or a run would not end."""
        dates = [date for date in (judged.annotation.due_at, judged.verdict.until) if date is not None]
        return max(min(dates), self.work.as_of + timedelta(hours=1)) if dates else None

    def _queue(self, judged: Sequence[_Judged]) -> None:
        rows = [queued(self.work, each.id, each.verdict.values, each.before) for each in judged]
        upsert(self.work.session, OUTBOX, rows)
        for each in judged:
            for name in NAMES:
                old, new = each.before.get(name, ""), each.verdict.values[name]
                if old != new:
                    self.work.change(each.id, name, old, new)

    def _unqueue(self, ids: Sequence[str]) -> None:
        """What was waiting for these contacts has been overtaken."""
        if ids:
            mine = (OUTBOX.c.connection_id == self.work.connection_id) & OUTBOX.c.contact_id.in_(ids)
            self.work.session.execute(delete(OUTBOX).where(mine))


def _columns(annotation: Annotation, values: Mapping[str, str]) -> dict[str, Any]:
    """What the contact's row repeats of its annotation."""
    return {
        "stage": None if annotation.stage is None else int(annotation.stage),
        "trust_level": float(values[LEVEL]),
        "band": values[BAND],
        "value_class": values[CLASS] or None,
        "alerts": values[ALERTS],
        "next_step": values[NEXT_STEP],
    }
