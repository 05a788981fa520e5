"""Labelled sentences: what shows a signal, and what only looks like it.

A section `[signal]`, then lines `+< text` (shows it) or `-. text` (does not). The second character is the direction of
the event: `<` inbound, `>` outbound, `=` mutual, `.` internal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crm_ext.domain.events import Direction, EventType
from crm_ext.reading import Text

_EVENTS = {
    "<": (EventType.MESSAGE, Direction.INBOUND),
    ">": (EventType.CALL, Direction.OUTBOUND),
    "=": (EventType.MEETING, Direction.MUTUAL),
    ".": (EventType.NOTE, Direction.INTERNAL),
}


@dataclass(frozen=True, slots=True)
class Example:
    signal: str
    shows: bool
    text: Text


def examples(source: str) -> Iterator[Example]:
    signal = ""
    for line in source.splitlines():
        if line.startswith("["):
            signal = line[1:-1]
        elif line:
            yield Example(signal, line[0] == "+", Text(line[3:], *_EVENTS[line[1]]))
