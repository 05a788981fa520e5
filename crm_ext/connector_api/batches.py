"""Batches: rows in groups, and the row in a group that the CRM refuses as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from crm_ext.connector_api import http
from crm_ext.connector_api.contract import Outcome, Result, Row
from crm_ext.connector_api.errors import Gone, SkipRecord, Unsure

ItemT = TypeVar("ItemT")


def batched(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """Lists of at most `size`, taken one list at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def halved(rows: Sequence[Row], write: Callable[[Sequence[Row]], Iterable[Result]]) -> Iterator[Result]:
    """Write rows; if the CRM refuses them together, halve them until those that it refuses stand alone.

    `write` yields a result for each row that it settled; rows it says nothing of are tried again in halves.
    """
    try:
        results = {result.id: result for result in write(rows)}
    except SkipRecord as error:
        if len(rows) == 1:
            yield refused(rows[0], error)
            return
        results = {}
    yield from results.values()
    rest = [row for row in rows if row.id not in results]
    if rest == list(rows) and len(rest) == 1:
        yield Result(rest[0].id, Outcome.RETRY, "The CRM's answer does not tell what became of this row.")
        return
    middle = (len(rest) + 1) // 2
    for half in (rest[:middle], rest[middle:]):
        if half:
            yield from halved(half, write)


def refused(row: Row, error: SkipRecord) -> Result:
    """The result of a row that stands alone and is refused."""
    outcome = Outcome.GONE if isinstance(error, Gone) else Outcome.PERMANENT
    return Result(row.id, outcome, error.detail or error.message)


def looked_up(
    rows: Sequence[Row],
    write: Callable[[Sequence[Row]], Iterable[Result]],
    read: Callable[[Sequence[str]], Mapping[str, Mapping[str, str]]],
) -> list[Result]:
    """Write rows, each once, though answers get lost: what stands in the CRM by then is not written again.

    Raises Unsure if no answer arrives at all, and SkipRecord where `write` does before anything was written.
    """
    done: list[Result] = []
    for attempt in _attempts():
        with attempt:
            try:
                if attempt.retry_state.attempt_number > 1:
                    done += _standing(_without(rows, done), read)
                if rest := _without(rows, done):
                    done += write(rest)
            except SkipRecord:
                if not done:
                    raise
            except Unsure:
                if attempt.retry_state.attempt_number < http.ATTEMPTS or not done:
                    raise
    return done


def _attempts() -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(Unsure),
        stop=stop_after_attempt(http.ATTEMPTS),
        wait=http.BACKOFF,
        reraise=True,
    )


def _without(rows: Sequence[Row], done: Sequence[Result]) -> list[Row]:
    known = {result.id for result in done}
    return [row for row in rows if row.id not in known]


def _standing(rows: Sequence[Row], read: Callable[[Sequence[str]], Mapping[str, Mapping[str, str]]]) -> list[Result]:
    """The rows whose values stand in the CRM."""
    stands = read([row.id for row in rows]) if rows else {}
    return [Result(row.id) for row in rows if row.id in stands and _holds(stands[row.id], row.values)]


def _holds(stands: Mapping[str, str], values: Mapping[str, str]) -> bool:
    return all(stands.get(name, "") == value for name, value in values.items())
