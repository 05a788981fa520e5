"""What another playbook would change for the contacts on hand: judged with both, side by side, and nothing kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_ext.annotate import annotate
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Event, Timeline
from crm_ext.playbook import Playbook
from crm_ext.store import db, now
from crm_ext.store.bulk import CHUNK
from crm_ext.store.models import Connection, ContactRow
from crm_ext.sync import playbooks, portfolio
from crm_ext.sync.environment import config
from crm_ext.sync.reading import Reading
from crm_ext.sync.timelines import timelines

EXAMPLES = 200
Told = Callable[[int], None]
Judgement = tuple[Annotation, Annotation]
FIELDS: dict[str, Callable[[Annotation], str]] = {
    "stage": lambda annotation: annotation.stage_name,
    "band": lambda annotation: annotation.trust.band.value,
    "next_step": lambda annotation: annotation.tactics[0].id if annotation.tactics else "",
}


class Preview:
    """Counts of what moves, and some examples; its size does not grow with the number of contacts."""

    def __init__(self, old: Playbook, new: Playbook, as_of: datetime) -> None:
        self.old, self.new, self.as_of = old, new, as_of
        self.reader, before = Reading(new), Reading(old)
        self.rereads = self.reader.version != before.version
        self.contacts = self.changed = 0
        self.moves: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in FIELDS}
        self.raised: Counter[str] = Counter()
        self.withdrawn: Counter[str] = Counter()
        self.examples: list[dict[str, str]] = []

    def add(self, connection: str, old: Annotation, new: Annotation) -> None:
        moved = {name: (of(old), of(new)) for name, of in FIELDS.items() if of(old) != of(new)}
        if set(old.alerts) != set(new.alerts):
            self.raised.update(set(new.alerts) - set(old.alerts))
            self.withdrawn.update(set(old.alerts) - set(new.alerts))
            moved["alerts"] = ";".join(sorted(old.alerts)), ";".join(sorted(new.alerts))
        for name in self.moves.keys() & moved.keys():
            self.moves[name][moved[name]] += 1
        self.contacts += 1
        self.changed += bool(moved)
        room = EXAMPLES - len(self.examples)
        self.examples += [
            {"connection": connection, "external_id": new.id, "field": name, "old": before, "new": after}
            for name, (before, after) in list(moved.items())[:room]
        ]

    def as_json(self) -> dict[str, Any]:
        alerts = sorted({*self.raised, *self.withdrawn})
        return {
            "playbook": self.new.version,
            "against": self.old.version,
            "as_of": self.as_of.isoformat(),
            "reads_again": self.rereads,
            "contacts": self.contacts,
            "changed": self.changed,
            **{
                name: [{"old": old, "new": new, "contacts": count} for (old, new), count in moves.most_common()]
                for name, moves in self.moves.items()
            },
            "alerts": [{"id": each, "raised": self.raised[each], "withdrawn": self.withdrawn[each]} for each in alerts],
            "examples": self.examples,
        }


def preview(playbook: Playbook, connections: Sequence[Connection], progress: Told = lambda _: None) -> dict[str, Any]:
    """Judge everybody as of now with the active playbook and with this one. Reads only, some hundred at a time.

    `reads_again`: the cues differ, so that texts that are kept were read with the new ones for this.
    """
    found = Preview(playbooks.active(), playbook, now())
    for connection in connections:
        purchases = portfolio.stored(connection.id)
        for some in _chunks(connection):
            for timeline in some:
                old = annotate(timeline, found.old, found.as_of, purchases)
                again = _read(timeline, found.reader) if found.rereads else timeline
                found.add(connection.name, old, annotate(again, playbook, found.as_of, purchases))
            progress(found.contacts)
    return found.as_json()


def _chunks(connection: Connection) -> Iterator[list[Timeline]]:
    """Everybody, in sessions of their own that end with each chunk: nobody waits for us."""
    lang, last = config().lang, ""
    mine = select(ContactRow.external_id).where(ContactRow.connection_id == connection.id)
    while True:
        with Session(db.engine) as session:
            following = mine.where(ContactRow.external_id > last).order_by(ContactRow.external_id).limit(CHUNK)
            ids = session.scalars(following).all()
            if not ids:
                return
            some = [timeline for _, timeline in timelines(session, connection, ids, lang)]
        yield some
        last = ids[-1]


def _read(timeline: Timeline, reader: Reading) -> Timeline:
    """With the signals that this reader finds, where there is a text."""
    texts = [each for each in timeline.events if each.text and each.signals is not None]
    found = dict(zip(map(id, texts), reader.events(texts), strict=True))

    def read(event: Event) -> Event:
        return replace(event, signals=found[id(event)]) if id(event) in found else event

    return replace(timeline, events=tuple(map(read, timeline.events)))
