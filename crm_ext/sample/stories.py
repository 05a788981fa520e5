"""What happens with whom, and when: stories of beats, drawn by their shares."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from crm_ext.sample.world import data, pick

Story = Mapping[str, Any]
Beat = Mapping[str, Any]

OFFICE = (8, 18)


def beat(name: str) -> Beat:
    found: Beat = _table("beats")[name]
    return found


@cache
def _table(kind: str) -> Mapping[str, Any]:
    return dict(data("stories.yaml")[kind])


@cache
def _shares(kind: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    table = _table(kind)
    return tuple(table), tuple(accumulate(each["share"] for each in table.values()))


def drawn(rng: Random, kind: str) -> tuple[str, Story]:
    """A story of "stories" or "accounts", with its name."""
    names, upto = _shares(kind)
    name = names[bisect(upto, rng.random() * upto[-1])]
    return name, _table(kind)[name]


def beats(rng: Random, written: Sequence[str]) -> Iterator[str]:
    """The names of the beats that a story's line stands for, this time."""
    for each in written:
        names, least, most = _read(each)
        for _ in range(rng.randint(least, most)):
            yield pick(rng, names)


@cache
def _read(written: str) -> tuple[tuple[str, ...], int, int]:
    names, _, times = written.partition("*")
    least, _, most = times.partition("-")
    optional = names.endswith("?")
    return tuple(names.rstrip("?").split("|")), 0 if optional else int(least or 1), int(most or 1)


def moments(rng: Random, count: int, story: Story, as_of: datetime) -> list[datetime]:
    """When a story's beats were, oldest first, in office hours of working days before `as_of`."""
    at = as_of - timedelta(days=rng.randint(*story["rest"]))
    found = []
    for _ in range(count):
        at -= timedelta(days=max(0, at.weekday() - 4))
        minutes = int(rng.random() * (OFFICE[1] - OFFICE[0]) * 12) * 5
        found.append(at.replace(hour=OFFICE[0], minute=0) + timedelta(minutes=minutes))
        at -= timedelta(days=rng.randint(*story["gap"]))
    return found[::-1]
