"""The promise ledger (texts 003 and 004): what we promised and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crm_ext.domain.events import Timeline

SETTLES = {"promise_kept": "kept", "promise_broken": "broken"}


@dataclass(frozen=True, slots=True)
class Promise:
    """`state`: open, kept or broken; `event` is the index in the timeline where it was given, `text` its quote.

    A kept or broken promise that nobody wrote down when it was given stands as of the day it was settled.
    """

    event: int
    at: datetime
    text: str
    state: str = "open"
    settled_at: datetime | None = None


def promises(timeline: Timeline, as_of: datetime) -> tuple[Promise, ...]:
    """The ledger in the order of time. A word kept or broken settles the oldest open promise."""
    ledger: list[Promise] = []
    for at, i, signal, text in _entries(timeline, as_of):
        if signal == "promise_made":
            ledger.append(Promise(i, at, text))
            continue
        settled = next((k for k, each in enumerate(ledger) if each.state == "open"), None)
        if settled is None:
            ledger.append(Promise(i, at, text, SETTLES[signal], at))
        else:
            ledger[settled] = replace(ledger[settled], state=SETTLES[signal], settled_at=at)
    return tuple(ledger)


def kept_share(ledger: tuple[Promise, ...]) -> float | None:
    """Satisfaction is what was delivered by what was expected: the share of settled promises kept, None without any."""
    settled = [each.state == "kept" for each in ledger if each.state != "open"]
    return sum(settled) / len(settled) if settled else None


def _entries(timeline: Timeline, as_of: datetime) -> list[tuple[datetime, int, str, str]]:
    wanted = {"promise_made", *SETTLES}
    return sorted(
        (event.at, i, signal.id, signal.quote or event.text)
        for i, event in enumerate(timeline.events)
        if event.at <= as_of
        for signal in event.signals or ()
        if signal.id in wanted
    )
