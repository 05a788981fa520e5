"""`crm-ext annotate FILE.jsonl`: timelines in, annotations out, one a line, without a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click

from crm_ext import playbook, reading
from crm_ext.annotate import annotate as judge
from crm_ext.annotate import portfolio, value
from crm_ext.annotate.explain import render
from crm_ext.annotate.timeline import BadTimeline, as_of_of, moment, parse
from crm_ext.domain.events import Timeline

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Order:
    """What one call of the command wants; goes to every worker."""

    as_of: str | None
    lang: str | None
    today: date
    purchases: value.Purchases


@click.command("annotate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as-of", "as_of", metavar="DATE", help="Judge as of this date; wins over the line's own.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the texts; the line's own by default.")
@click.option("--horizon-days", type=click.IntRange(1), default=value.HORIZON_DAYS, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
def annotate(file: Path, as_of: str | None, lang: str | None, horizon_days: int, workers: int) -> None:
    """Read timelines, write one annotation a line, in the order of the input."""
    if as_of is not None:
        moment(as_of)
    today = datetime.now(UTC).date()
    classes = portfolio.shares(playbook.load())
    purchases = portfolio.fit(summaries(lines(file), as_of, today), horizon_days, classes)
    order = Order(as_of, lang, today, purchases)
    for chunk in annotated(lines(file), order, workers):
        sys.stdout.write(chunk)


def lines(file: Path) -> Iterator[str]:
    """The file's lines that hold something."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        yield from (line for line in stream if line.strip())


def summaries(source: Iterable[str], as_of: str | None, today: date) -> Iterator[value.Summary | None]:
    """The buyers of the file, for its portfolio figures; lines that cannot be read are passed over."""
    for line in source:
        try:
            row = loaded(line)
            yield value.summary(parse(row).events, as_of_of(row, as_of, today))
        except BadTimeline:
            continue


def annotated(source: Iterator[str], order: Order, workers: int) -> Iterator[str]:
    """Texts of many output lines, in order, from this process or from several."""
    if workers == 1:
        _begin(order)
        yield from map(_chunk, _chunks(source))
        return
    with get_context("spawn").Pool(workers, _begin, (order,)) as pool:
        yield from pool.imap(_chunk, _chunks(source))


def _chunks(source: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(source, CHUNK)):
        yield chunk


class _Work:
    """What a process keeps between chunks."""

    order: Order


def _begin(order: Order) -> None:
    _Work.order = order


def _chunk(chunk: list[str]) -> str:
    return "".join(f"{json.dumps(_line(line, _Work.order), ensure_ascii=False)}\n" for line in chunk)


def _line(line: str, order: Order) -> dict[str, Any]:
    row: Any = None
    try:
        row = loaded(line)
        timeline = read(parse(row))
        book = playbook.load()
        annotation = judge(timeline, book, as_of_of(row, order.as_of, order.today), order.purchases)
        return render(annotation, book, order.lang or timeline.language)
    except BadTimeline as error:
        return {"id": row.get("id") if isinstance(row, dict) else None, "error": str(error)}


def loaded(line: str) -> Any:
    """The line's JSON. Raises BadTimeline where it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadTimeline(f"This line is no JSON: {error}.", fix="Write one object a line.") from error


def read(timeline: Timeline) -> Timeline:
    """The timeline with the signals of those texts that nobody has read yet."""
    unread = [i for i, event in enumerate(timeline.events) if event.signals is None and event.text]
    if not unread:
        return timeline
    events = list(timeline.events)
    texts = [reading.Text(events[i].text, events[i].type, events[i].direction) for i in unread]
    for i, signals in zip(unread, reading.load().read(texts), strict=True):
        events[i] = replace(events[i], signals=signals)
    return replace(timeline, events=tuple(events))
