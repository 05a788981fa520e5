"""Pulling: page by page, each with its checkpoint in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from crm_ext import reading
from crm_ext.connector_api import Page, Part, Stream, side_by_side
from crm_ext.domain.events import Event, Signal
from crm_ext.domain.records import Activity, Case
from crm_ext.domain.timeline import event
from crm_ext.store.intake import Intake, forget_written
from crm_ext.store.models import Checkpoint
from crm_ext.sync.work import Work


def pull(work: Work) -> None:
    """Bring the store up to date with the CRM; goes on where an interrupted run stopped.

    Streams come one after the other, or side by side where the connector allows it: the store needs no order.
    """
    if work.connector.tags_lost():
        forget_written(work.session, work.connection_id)
    intake = Intake(work.session, work.connection_id, work.run.id, read)
    streams = [stream for stream in Stream if stream in work.connector.capabilities.streams]
    if work.connector.capabilities.side_by_side:
        _parts(work, intake, [part for stream in streams for part in _begun(work, stream)])
        return
    for stream in streams:
        for part in _begun(work, stream):
            _parts(work, intake, [part])


Begun = tuple[Part, Checkpoint]


def _begun(work: Work, stream: Stream) -> Iterator[Begun]:
    """The parts of a stream that this run has not pulled to their end, each with its place."""
    mark = _checkpoint(work, stream, "")
    since = None if work.options.full else mark.since
    for part in work.connector.parts(stream, since):
        place = _checkpoint(work, part.stream, part.key)
        if place.run_id != work.run.id:
            place.run_id, place.checkpoint, place.done = work.run.id, None, False
        if not place.done:
            yield part, place


def _parts(work: Work, intake: Intake, parts: Sequence[Begun]) -> None:
    sources = [partial(work.connector.pull, part, place.checkpoint) for part, place in parts]
    work.commit()
    for number, page in _pages(sources):
        part, place = parts[number]
        _page(work, intake, part, page)
        place.checkpoint = dict(page.checkpoint) if page.checkpoint is not None else place.checkpoint
        if page.since is not None:
            place.since, place.done = dict(page.since), True
        work.commit()
        work.phase(f"pull {part.stream}", work.counts[f"pulled.{part.stream}"], page.total)
    for _, place in parts:
        place.done = True
    work.commit()


def _pages(sources: Sequence[Callable[[], Iterator[Page]]]) -> Iterator[tuple[int, Page]]:
    if len(sources) == 1:
        return ((0, page) for page in sources[0]())
    return side_by_side(dict(enumerate(sources)))


def _page(work: Work, intake: Intake, part: Part, page: Page) -> None:
    tally = intake.save(page.changes)
    for stream in Stream:
        work.counts[f"pulled.{stream}"] += tally[stream.value]
    for bad in page.bad:
        work.failure(bad.stream.value, bad.id or "", bad.place, bad.reason)
    if page.complete:
        tally["deleted"] += intake.sweep(part.stream)
    work.counts["deleted"] += tally["deleted"]
    work.counts["merged"] += tally["merged"]


def _checkpoint(work: Work, stream: Stream, part: str) -> Checkpoint:
    key = (work.connection_id, stream.value, part)
    found = work.session.get(Checkpoint, key)
    if found is None:
        found = Checkpoint(connection_id=work.connection_id, stream=stream.value, part=part, done=False)
        work.session.add(found)
        work.session.flush()
    return found


@cache
def _reader() -> reading.Reader:
    return reading.load()


def read(records: Sequence[Activity | Case]) -> tuple[str, list[tuple[Signal, ...]]]:
    """What the texts of these records say, and the version of the reader."""
    reader = _reader()
    return reader.version, reader.read([_text(event(each)) for each in records])


def _text(of: Event) -> reading.Text:
    return reading.Text(of.text, of.type, of.direction)
