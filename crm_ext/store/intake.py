"""Taking in what a connector pulled: one page, one transaction, and only what changed costs more than a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from crm_ext.domain.events import Signal
from crm_ext.domain.records import Activity, Case, Change, Contact, Deleted, Merged, Record, Stream
from crm_ext.domain.tags import NAMES
from crm_ext.store import erasure, removal
from crm_ext.store.base import now
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.models import Alias, ContactRow, Ownership, Participant
from crm_ext.store.rows import SHAPES, Shape


class Reading(Protocol):
    """Reads the texts of records: the signals of each, in order. `version` names who reads."""

    @property
    def version(self) -> str: ...

    def __call__(self, records: Sequence[Activity | Case]) -> list[tuple[Signal, ...]]: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """Where pages of one run go. `read` is asked only for texts that are new or changed."""

    session: Session
    connection_id: int
    run_id: int
    read: Reading
    erased: frozenset[str] = frozenset()
    """Digests of who was erased here: their records are not taken in again."""

    def save(self, changes: Iterable[Change]) -> Counter[str]:
        """Store a page's changes; returns how many records of each stream were met and how many were new or changed."""
        tally: Counter[str] = Counter()
        groups: dict[type, dict[str, Any]] = {}
        for change in erasure.without(changes, self.connection_id, self.erased) if self.erased else changes:
            groups.setdefault(type(change), {})[change.id] = change
        for kind, group in groups.items():
            if kind in SHAPES:
                self._records(SHAPES[kind], group, tally)
        for deleted in groups.get(Deleted, {}).values():
            tally["deleted"] += removal.remove(self.session, self.connection_id, deleted.stream, [deleted.id])
        for merged in groups.get(Merged, {}).values():
            removal.merge(self.session, self.connection_id, merged)
            tally["merged"] += 1
        return tally

    def sweep(self, stream: Stream) -> int:
        """Remove what a complete pull did not meet."""
        return removal.sweep(self.session, self.connection_id, stream, self.run_id)

    def _records(self, shape: Shape, records: Mapping[str, Record], tally: Counter[str]) -> None:
        known = self._known(shape, list(records))
        hashes = {key: shape.hash(record) for key, record in records.items()}
        same = {key for key in known if known[key]["hash"] == hashes[key] and self._has_read(known[key])}
        changed = [record for key, record in records.items() if key not in same]
        self._touch(shape.table, sorted(same))
        rows = [self._row(shape, record, hashes[record.id]) for record in changed]
        if shape.readable:
            self._read(changed, rows)
        if shape.linked:
            self._link(shape, changed, known)
        if shape.record is Contact:
            self._contacts(records, known, rows, {record.id for record in changed})
        upsert(self.session, shape.table, rows)
        tally[shape.stream.value] += len(records)
        tally["changed"] += len(changed)

    def _known(self, shape: Shape, ids: list[str]) -> dict[str, Mapping[str, Any]]:
        table = shape.table
        columns = [table.c.external_id, table.c.hash]
        if shape.record is Contact:
            columns += [table.c.owner_id, table.c.tags, table.c.written]
        if shape.readable:
            columns += [table.c.reader, table.c.whole]
        where = (table.c.connection_id == self.connection_id) & table.c.external_id.in_(ids)
        return {row["external_id"]: dict(row) for row in self.session.execute(select(*columns).where(where)).mappings()}

    def _has_read(self, known: Mapping[str, Any]) -> bool:
        """A text of which only a part is kept, and that an older reader read, is read while it is here."""
        return bool(known.get("whole", True)) or known["reader"] == self.read.version

    def _row(self, shape: Shape, record: Record, content: bytes) -> dict[str, Any]:
        return {"connection_id": self.connection_id, "hash": content, "seen": self.run_id, **shape.row(record)}

    def _touch(self, table: Table, ids: list[str]) -> None:
        if ids:
            mine = (table.c.connection_id == self.connection_id) & table.c.external_id.in_(ids)
            self.session.execute(update(table).where(mine).values(seen=self.run_id))

    def _read(self, records: Sequence[Any], rows: Sequence[dict[str, Any]]) -> None:
        for row, signals in zip(rows, self.read(records), strict=True):
            row["reader"], row["whole"] = self.read.version, True
            row["signals"] = [signal_row(signal) for signal in signals]

    def _link(self, shape: Shape, changed: Sequence[Any], known: Mapping[str, Any]) -> None:
        """Replace who took part in the changed records; everybody concerned needs a new look."""
        ids = [record.id for record in changed if record.id in known]
        concerned = removal.unlink(self.session, self.connection_id, shape.stream, ids)
        aliases = self._aliases({contact for record in changed for contact in record.contact_ids})
        links = {(record.id, aliases.get(contact, contact)) for record in changed for contact in record.contact_ids}
        fixed = {"connection_id": self.connection_id, "stream": shape.stream.value}
        rows = [{**fixed, "record_id": record, "contact_id": contact} for record, contact in sorted(links)]
        upsert(self.session, table_of(Participant), rows)
        removal.mark_dirty(self.session, self.connection_id, concerned | {contact for _, contact in links})

    def _aliases(self, ids: set[str]) -> dict[str, str]:
        where = (Alias.connection_id == self.connection_id) & Alias.external_id.in_(ids)
        query = select(Alias.external_id, Alias.into).where(where, Alias.stream == Stream.CONTACTS.value)
        return {row.external_id: row.into for row in self.session.execute(query)}

    def _contacts(
        self, records: Mapping[str, Any], known: Mapping[str, Any], rows: list[dict[str, Any]], changed: set[str]
    ) -> None:
        """What only contacts have: our tags as they stand in the CRM, and who looks after them since when."""
        moment = now()
        for row in rows:
            row["dirty"] = True
        seen = {key: record for key, record in records.items() if record.tags is not None}
        for row in rows:
            record = seen.get(row["external_id"])
            old = known.get(row["external_id"], {})
            row["tags"] = dict(record.tags) if record else old.get("tags")
            row["tags_at"] = moment if record else None
        self._tags({key: record.tags for key, record in seen.items() if key not in changed}, known, moment)
        self._owners([record for record in records.values() if record.id in changed], known, moment)

    def _tags(self, tags: Mapping[str, Mapping[str, str]], known: Mapping[str, Any], moment: datetime) -> None:
        """Keep the tags of contacts that did not change otherwise; a value that we did not write asks for a look."""
        moved = {key: dict(value) for key, value in tags.items() if value != (known[key]["tags"] or {})}
        edited = {key for key, value in moved.items() if edits(value, known[key]["written"])}
        table = table_of(ContactRow)
        mine = table.c.connection_id == self.connection_id
        if moved:
            rows = [{"key": key, "new": value} for key, value in moved.items()]
            statement = update(table).where(mine, table.c.external_id == bindparam("key")).values(tags=bindparam("new"))
            self.session.connection().execute(statement, rows)
        if tags:
            self.session.execute(update(table).where(mine, table.c.external_id.in_(list(tags))).values(tags_at=moment))
        removal.mark_dirty(self.session, self.connection_id, edited)

    def _owners(self, contacts: Sequence[Any], known: Mapping[str, Any], moment: datetime) -> None:
        rows = [
            {
                "connection_id": self.connection_id,
                "contact_id": contact.id,
                "since": (contact.updated_at if contact.id in known else contact.created_at) or moment,
                "owner_id": contact.owner_id,
            }
            for contact in contacts
            if contact.id not in known or known[contact.id]["owner_id"] != contact.owner_id
        ]
        upsert(self.session, table_of(Ownership), rows)


def forget_written(session: Session, connection_id: int) -> None:
    """What we wrote stands nowhere any more: everybody who had tags needs them again."""
    table = table_of(ContactRow)
    tagged = (table.c.connection_id == connection_id) & table.c.written.is_not(None)
    session.execute(update(table).where(tagged).values(written=None, tags={}, dirty=True))


def edits(tags: Mapping[str, str] | None, written: Mapping[str, str] | None) -> dict[str, str]:
    """Our fields that hold something else than what we wrote, with what they hold; nothing if we never wrote."""
    if tags is None or not written:
        return {}
    return {name: tags.get(name, "") for name in NAMES if name in written and tags.get(name, "") != written[name]}


def signal_row(signal: Signal) -> list[Any]:
    return [signal.id, signal.rule, signal.start, signal.end, signal.quote, signal.confidence, signal.text_hash]


__all__ = ["Intake", "Reading", "edits", "signal_row"]
