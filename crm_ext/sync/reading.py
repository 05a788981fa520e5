"""Reading what records say: when they are pulled, and again when the reader has learnt something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, func, select, update

from crm_ext import reading
from crm_ext.domain.events import Event, Signal
from crm_ext.domain.records import Activity, Case, Stream
from crm_ext.domain.timeline import event
from crm_ext.playbook import Playbook
from crm_ext.store.bulk import CHUNK
from crm_ext.store.intake import signal_row
from crm_ext.store.removal import mark_dirty, participants
from crm_ext.store.rows import BY_STREAM, Shape
from crm_ext.sync import playbooks
from crm_ext.sync.parts import Held
from crm_ext.sync.work import Work

PHASE = "read"
SHARD = 5000
"""Records that one worker reads before it looks for another part."""
READ = (Stream.ACTIVITIES, Stream.CASES)


class Reading:
    """Reads the texts of records with the cues of a playbook."""

    def __init__(self, playbook: Playbook) -> None:
        self._reader = reading.load(playbook)
        self.version = self._reader.version

    def __call__(self, records: Sequence[Activity | Case]) -> list[tuple[Signal, ...]]:
        return self.events([event(each) for each in records])

    def events(self, events: Sequence[Event]) -> list[tuple[Signal, ...]]:
        return self._reader.read([reading.Text(each.text, each.type, each.direction) for each in events])


def orders(work: Work) -> Iterator[dict[str, Any]]:
    """What this run's reader has not read and is kept here: shards of records that bear the first id and the last."""
    version = _reader(work).version
    for stream in READ:
        for condition in _stale(work, stream, version):
            key = BY_STREAM[stream].table.c.external_id
            number = func.row_number().over(order_by=key).label("number")
            ids = select(key, number).where(condition).subquery()
            ends = select(func.min(ids.c.external_id), func.max(ids.c.external_id))
            shards = ends.group_by((ids.c.number - 1) // SHARD).order_by(func.min(ids.c.external_id))
            for first, last in work.session.execute(shards):
                yield {"stream": stream.value, "first": first, "last": last}


def do(work: Work, held: Sequence[Held]) -> None:
    """Read a shard again; each record is off the list once it is read."""
    reader = _reader(work)
    for part in held:
        work.part, stream = part, Stream(part.order["stream"])
        key = BY_STREAM[stream].table.c.external_id
        within = (key >= part.order["first"]) & (key <= part.order["last"])
        for condition in _stale(work, stream, reader.version):
            query = select(BY_STREAM[stream].table).where(condition, within).order_by(key).limit(CHUNK)
            while rows := work.session.execute(query).mappings().all():
                _read(work, stream, rows, reader)
                work.commit()
                work.phase(PHASE, work.counts["read_again"])
        part.done = True
        work.commit()


def unread(work: Work) -> int:
    """How many records another reader read whose text is not kept: only a new pull can bring them."""
    version = _reader(work).version
    conditions = [each for stream in READ for each in _stale(work, stream, version, whole=False)]
    return sum(work.session.scalar(select(func.count()).where(each)) or 0 for each in conditions)


def _reader(work: Work) -> Reading:
    return Reading(playbooks.of(work))


def _stale(work: Work, stream: Stream, version: str, *, whole: bool = True) -> Iterator[ColumnElement[bool]]:
    """What another reader read, in terms that an index can answer."""
    table = BY_STREAM[stream].table
    mine = (table.c.connection_id == work.connection_id) & (table.c.whole if whole else ~table.c.whole)
    for other in (table.c.reader < version, table.c.reader > version, table.c.reader.is_(None)):
        yield mine & other


def _read(work: Work, stream: Stream, rows: Sequence[RowMapping], reader: Reading) -> None:
    shape: Shape = BY_STREAM[stream]
    found = [[signal_row(each) for each in signals] for signals in reader([shape.back(row) for row in rows])]
    table = shape.table
    this = (table.c.connection_id == work.connection_id) & (table.c.external_id == bindparam("key"))
    work.session.connection().execute(
        update(table).where(this).values(reader=reader.version, signals=bindparam("signals")),
        [{"key": row["external_id"], "signals": signals} for row, signals in zip(rows, found, strict=True)],
    )
    said = [row["external_id"] for row, signals in zip(rows, found, strict=True) if row["signals"] != signals]
    mark_dirty(work.session, work.connection_id, participants(work.session, work.connection_id, stream, said))
    work.counts["read_again"] += len(rows)
