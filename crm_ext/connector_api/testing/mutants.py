"""Teeth: a connector is spoilt in one place at a time, and the check that is there for it must turn red."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from crm_ext.connector_api.contract import Connector, Cursor, Outcome, Page, Part, Result, Row
from crm_ext.connector_api.errors import ConnectorError
from crm_ext.connector_api.testing.case import Case, Check
from crm_ext.connector_api.testing.network_checks import lost_token
from crm_ext.connector_api.testing.pull_checks import READ_BACK, deleted, every_field, full, incremental, restart
from crm_ext.connector_api.testing.pulling import Pull
from crm_ext.connector_api.testing.push_checks import bad_row, clears, gone_row, one_field, overwrite, round_trip
from crm_ext.domain.records import STREAM_OF, Deleted, Merged, Record, Stream

Patch = Callable[[Connector], Mapping[str, Callable[..., Any]]]
"""From a connector, the methods to put in the place of its own, by name."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to be wrong, and the check that must find it."""

    name: str
    check: Check
    patch: Patch


def survivors(case: Case, mutants: Iterable[Mutant]) -> list[str]:
    """The mutants that their check lets pass."""
    return [each.name for each in mutants if each.check.__name__ not in case.skips and not killed(case, each)]


def killed(case: Case, mutant: Mutant) -> bool:
    case.reset()
    with spoilt(case, mutant.patch):
        try:
            mutant.check(case)
        except (AssertionError, ConnectorError):
            return True
    return False


@contextmanager
def spoilt(case: Case, patch: Patch) -> Iterator[None]:
    """The case with connectors that are wrong in one place."""

    def wrap(connector: Connector) -> Connector:
        vars(connector).update(patch(connector))
        return connector

    case.wrap = wrap
    try:
        yield
    finally:
        case.wrap = None


# Fields: each one dropped, and each exchanged with its neighbours of the same kind.


def field_mutants(case: Case) -> Iterator[Mutant]:
    """Mutants of every mapped field. The CRM is read once; what was read is then spoilt and compared again."""
    case.reset()
    pulls = full(case)
    mapped = [(stream, name) for stream, name in case.mapped() if name not in READ_BACK]
    for stream, name in mapped:
        yield Mutant(f"{stream}.{name} is dropped", every_field, replayed(pulls, stream, dropped(name)))
    for stream, one, other in pairs(mapped):
        exchange = replayed(pulls, stream, swapped(one, other))
        yield Mutant(f"{stream}.{one} and {other} are swapped", every_field, exchange)


def pairs(mapped: Sequence[tuple[Stream, str]]) -> Iterator[tuple[Stream, str, str]]:
    kinds = {(STREAM_OF[kind], each.name): each.type for kind in STREAM_OF for each in fields(kind)}
    for index, (stream, one) in enumerate(mapped):
        for other_stream, other in mapped[index + 1 :]:
            if other_stream is stream and kinds[stream, one] == kinds[stream, other]:
                yield stream, one, other


def replayed(pulls: Mapping[Stream, Pull], spoil: Stream, change: Callable[[Record], Record]) -> Patch:
    def pull(part: Part, _: Cursor | None) -> Iterator[Page]:
        for page in (page for _, page in pulls[part.stream].pages):
            yield changed(page, change) if part.stream is spoil else page

    return lambda _: {"pull": pull, "parts": lambda stream, _: (Part(stream),)}


def changed(page: Page, change: Callable[[Record], Record]) -> Page:
    spoilt = [each if isinstance(each, Deleted | Merged) else change(each) for each in page.changes]
    return replace(page, changes=spoilt)


def dropped(name: str) -> Callable[[Record], Record]:
    """A record without the field: at its default, or blank where it has none."""

    def change(record: Record) -> Record:
        described = next(each for each in fields(record) if each.name == name)
        if described.default_factory is not MISSING:
            return replace(record, **{name: described.default_factory()})
        if described.default is not MISSING:
            return replace(record, **{name: described.default})
        blank: Any = LONG_AGO if isinstance(getattr(record, name), datetime) else ""
        return replace(record, **{name: blank})

    return change


def swapped(one: str, other: str) -> Callable[[Record], Record]:
    def change(record: Record) -> Record:
        exchanged: dict[str, Any] = {one: getattr(record, other), other: getattr(record, one)}
        return replace(record, **exchanged)

    return change


# Tags: each one lost on the way out, and on the way in.


def tag_mutants(case: Case) -> Iterator[Mutant]:
    for tag in case.tags:
        yield Mutant(f"{tag.name} is not written", round_trip, writing(without(tag.name)))
        yield Mutant(f"{tag.name} is not read", round_trip, reading(without(tag.name)))
        yield Mutant(f"{tag.name} is not changed once it stands", overwrite, writing_once(tag.name))


def without(name: str) -> Callable[[Mapping[str, str]], dict[str, str]]:
    return lambda values: {key: value for key, value in values.items() if key != name}


def writing(change: Callable[[Mapping[str, str]], dict[str, str]]) -> Patch:
    def patch(connector: Connector) -> Mapping[str, Callable[..., Any]]:
        push = connector.push
        return {"push": lambda rows: push(Row(row.id, change(row.values), row.was) for row in rows)}

    return patch


def reading(change: Callable[[Mapping[str, str]], dict[str, str]]) -> Patch:
    def patch(connector: Connector) -> Mapping[str, Callable[..., Any]]:
        read = connector.read_tags
        return {"read_tags": lambda ids: {name: change(values) for name, values in read(ids).items()}}

    return patch


def writing_once(name: str) -> Patch:
    """A field that is written the first time only."""
    written: set[str] = set()

    def patch(connector: Connector) -> Mapping[str, Callable[..., Any]]:
        push = connector.push

        def once(row: Row) -> Row:
            values = without(name)(row.values) if row.id in written else row.values
            written.add(row.id)
            return Row(row.id, values, row.was)

        return {"push": lambda rows: push(once(row) for row in rows)}

    return patch


# Behaviour: the ways in which connectors are wrong although every field is right.


def deaf_to_deletions(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    pull = connector.pull

    def without_deletions(part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        for page in pull(part, checkpoint):
            kept = [each for each in page.changes if not isinstance(each, Deleted)]
            yield replace(page, changes=kept, complete=False)

    return {"pull": without_deletions}


def always_everything(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    parts = connector.parts
    return {"parts": lambda stream, _: parts(stream, None)}


def never_again(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    pull = connector.pull

    def first_time(part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        if checkpoint is None and part.since is None:
            yield from pull(part, None)
        else:
            yield Page(since={})

    return {"pull": first_time}


def one_result_short(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    push = connector.push
    return {"push": lambda rows: iter(list(push(rows))[:-1])}


def always_content(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    push = connector.push
    return {"push": lambda rows: (Result(each.id, Outcome.OK) for each in push(rows))}


def forgets_blanks(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    push = connector.push
    return {"push": lambda rows: push(Row(row.id, {k: v for k, v in row.values.items() if v}) for row in rows)}


def clears_the_rest(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    push = connector.push

    def all_of(row: Row) -> Row:
        return Row(row.id, {**dict.fromkeys(row.was, ""), **row.values}, row.was)

    return {"push": lambda rows: push(all_of(row) for row in rows)}


def hides_errors(connector: Connector) -> Mapping[str, Callable[..., Any]]:
    pull = connector.pull

    def quiet(part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        try:
            yield from pull(part, checkpoint)
        except ConnectorError:
            yield Page(complete=True)

    return {"pull": quiet}


BEHAVIOUR = (
    Mutant("deletions are not told", deleted, deaf_to_deletions),
    Mutant("every pull gives everything", incremental, always_everything),
    Mutant("a second pull gives nothing", incremental, never_again),
    Mutant("a restart gives nothing", restart, never_again),
    Mutant("a row has no result", round_trip, one_result_short),
    Mutant("a refused row counts as written", bad_row, always_content),
    Mutant("a row that is gone counts as written", gone_row, always_content),
    Mutant("an empty string is not written", clears, forgets_blanks),
    Mutant("a row of one field clears the others", one_field, clears_the_rest),
    Mutant("errors are hidden", lost_token, hides_errors),
)
