"""Pulling as the engine does it: part by part, page by page, the last word on an id counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from crm_ext.connector_api.contract import Connector, Cursor, Page, Part
from crm_ext.domain.records import BadRow, Deleted, Merged, Record, Stream


def require(truth: object, sentence: str) -> None:
    """Fail with a sentence that tells a connector's author what to mend."""
    if not truth:
        raise AssertionError(sentence)


@dataclass
class Pull:
    """What one pull of a stream gave: pages by part, and from them the records, deletions, merges and bad rows."""

    stream: Stream
    pages: list[tuple[Part, Page]] = field(default_factory=list)

    @property
    def records(self) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for _, page in self.pages:
            for change in page.changes:
                if isinstance(change, Deleted | Merged):
                    found.pop(change.id, None)
                else:
                    found[change.id] = change
        return found

    @property
    def deleted(self) -> set[str]:
        return {each.id for _, page in self.pages for each in page.changes if isinstance(each, Deleted)}

    @property
    def merged(self) -> dict[str, str]:
        return {each.id: each.into for _, page in self.pages for each in page.changes if isinstance(each, Merged)}

    @property
    def bad(self) -> list[BadRow]:
        return [each for _, page in self.pages for each in page.bad]

    @property
    def since(self) -> Cursor | None:
        """The mark for the next pull: the last one that a part left."""
        return next((page.since for _, page in reversed(self.pages) if page.since is not None), None)

    @property
    def complete(self) -> bool:
        return any(page.complete for _, page in self.pages)


def pull(connector: Connector, stream: Stream, since: Cursor | None = None) -> Pull:
    """Every part of a stream, to its end."""
    got = Pull(stream)
    for part in connector.parts(stream, kept(since)):
        got.pages += [(part, page) for page in connector.pull(part, None)]
    return got


def kept(cursor: Cursor | None) -> Cursor | None:
    """A cursor as it comes back from the database: written and read as JSON."""
    return None if cursor is None else dict(json.loads(json.dumps(cursor)))


def shown(record: Record) -> Mapping[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def differences(
    got: Mapping[str, Record], expected: Iterable[Record], ignored: Sequence[str] = (), limit: int = 10
) -> list[str]:
    """Where records differ from those expected, field by field, in words; empty if they are equal."""
    wanted = {each.id: each for each in expected}
    lines = [f"{name} is missing" for name in sorted(wanted.keys() - got.keys())]
    lines += [f"{name} was not expected: {got[name]}" for name in sorted(got.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & got.keys()):
        lines += _fields(name, shown(got[name]), shown(wanted[name]), ignored)
    return [*lines[:limit], f"and {len(lines) - limit} more"] if len(lines) > limit else lines


def _fields(name: str, got: Mapping[str, Any], wanted: Mapping[str, Any], ignored: Sequence[str]) -> list[str]:
    names = [each for each in wanted if each not in ignored]
    return [
        f"{name}.{each} is {got.get(each)!r}, expected {wanted[each]!r}"
        for each in names
        if got.get(each, ...) != wanted[each]
    ]


def pulled_all(
    make: Callable[[], Connector], streams: Iterable[Stream], marks: Mapping[Stream, Cursor | None] | None = None
) -> dict[Stream, Pull]:
    """Every stream from a new connector, each from its mark, all of them if there is none."""
    connector = make()
    try:
        return {stream: pull(connector, stream, (marks or {}).get(stream)) for stream in streams}
    finally:
        connector.close()
