"""Which fields a stream's models have, and how many of the newest records fill them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.odoo.errors import Absent
from connectors.odoo.server import Row, Server, Unreadable
from connectors.odoo.sources import SOURCES, Source
from crm_ext.connector_api import Field, Stream

SAMPLE = 200
HEAVY = frozenset({"binary", "one2many", "many2many"})
"""Types that are slow to read; how many records fill them is not told."""
ATTRIBUTES = ("type", "string", "selection", "store")


def fields(server: Server, stream: Stream) -> list[Field]:
    """Each field once, where several models have it, as the first has it."""
    found: dict[str, Field] = {}
    for source in SOURCES[stream]:
        for each in of_source(server, source):
            found.setdefault(each.name, each)
    return list(found.values())


def of_source(server: Server, source: Source) -> Iterator[Field]:
    """The fields of a model, or of the one that stands in its place."""
    try:
        described = server.fields(source.model, ATTRIBUTES)
    except (Absent, Unreadable):
        if source.instead:
            yield from of_source(server, source.instead)
        return
    read = sorted(name for name, each in described.items() if each.get("store") and each["type"] not in HEAVY)
    rows = server.sample(source.model, source.domain, read, SAMPLE)
    for name, each in sorted(described.items()):
        fill = filled(rows, name, each["type"]) if name in read and rows else None
        options = tuple((str(value), str(label)) for value, label in each.get("selection") or ())
        yield Field(source.stream, name, str(each["string"]), str(each["type"]), fill, options)


def filled(rows: Sequence[Row], name: str, kind: str) -> float:
    """The share of rows with a value; a number that is 0 counts as one, as Odoo cannot tell it from none."""
    numbers: Mapping[str, Any] = {"boolean": True, "integer": True, "float": True, "monetary": True}
    return sum(kind in numbers or row.get(name) not in (False, None, "") for row in rows) / len(rows)
