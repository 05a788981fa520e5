"""Pulling: page by page, each with its checkpoint in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from crm_ext.connector_api import Cursor, Page, Part, Stream, side_by_side
from crm_ext.store import erasure
from crm_ext.store.bulk import table_of, upsert
from crm_ext.store.intake import Intake, forget_written
from crm_ext.store.models import Checkpoint
from crm_ext.sync import playbooks, webhooks
from crm_ext.sync.environment import config
from crm_ext.sync.limits import heed
from crm_ext.sync.parts import Held
from crm_ext.sync.reading import Reading
from crm_ext.sync.work import Work

PHASE = "pull"


def orders(work: Work) -> Iterator[dict[str, Any]]:
    """The parts of every stream, as the connector cuts them, and those that webhooks told of."""
    if work.connector.tags_lost():
        forget_written(work.session, work.connection_id)
    for stream in Stream if not work.options.hinted else ():
        if stream in work.connector.capabilities.streams:
            for part in work.connector.parts(stream, None if work.options.full else _since(work, stream)):
                yield asdict(part)
    yield from map(asdict, webhooks.parts(work.session, work.connection_id))


def most(work: Work, left: int) -> int:
    """How many parts to take at once: where a connector can, it pulls several side by side and leaves others some."""
    if not work.connector.capabilities.side_by_side:
        return 1
    return (left + 1) // 2 if config().broker_url else left


def do(work: Work, held: Sequence[Held]) -> None:
    """Bring the store up to date with the CRM, page by page; the store needs no order among the parts."""
    wanted = [_part(each.order) for each in held]
    sources = [partial(work.connector.pull, part, each.checkpoint) for part, each in zip(wanted, held, strict=True)]
    erased = erasure.known(work.session, work.connection_id)
    intake = Intake(work.session, work.connection_id, work.run.id, Reading(playbooks.of(work)), erased)
    for number, page in _pages(sources):
        part, work.part = wanted[number], held[number]
        _page(work, intake, part, page)
        if page.checkpoint is not None:
            work.part.checkpoint = dict(page.checkpoint)
        if page.since is not None:
            _remember(work, part, page.since)
            work.part.done = True
        work.commit()
        work.phase(f"pull {part.stream}", work.counts[f"pulled.{part.stream}"], page.total)
        heed(work)
    for part, each in zip(wanted, held, strict=True):
        if not each.done:
            work.part, each.done = each, True
            webhooks.pulled(work.session, work.connection_id, part)
            work.commit()


def _part(order: Mapping[str, Any]) -> Part:
    return Part(**{**order, "stream": Stream(order["stream"])})


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


def _since(work: Work, stream: Stream) -> Cursor | None:
    mark = work.session.get(Checkpoint, (work.connection_id, stream.value, ""))
    return mark.since if mark else None


def _remember(work: Work, part: Part, since: Cursor) -> None:
    key = {"connection_id": work.connection_id, "stream": part.stream.value, "part": part.key}
    upsert(work.session, table_of(Checkpoint), [{**key, "since": dict(since)}])
