"""A sync that is killed at any point and started again ends as one that was left alone, and writes nobody twice."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.chaos.trial import AFTER, BEFORE, Trial, instance, line, trial

CONTACTS = 120
TRIALS = int(os.environ.get("CRM_EXT_CHAOS_TRIALS") or 8)
SEED = int(os.environ.get("CRM_EXT_CHAOS_SEED") or 20260615)
AIMED = TRIALS // 4
"""So many trials are killed while a write is on its way; the others a moment after a request picked by chance."""


@pytest.fixture(scope="module")
def new_trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Trial]]:
    folder = tmp_path_factory.mktemp("kill")
    numbers = count()
    with line() as (slow, address):
        template = instance(folder / "template", address)
        yield lambda: trial(folder / f"trial-{next(numbers)}", template, slow, CONTACTS)


def killed(made: Trial, after: int | None, wait: float) -> None:
    """Kill a sync a moment after it asked for so much, or (None) while its first write is on the way."""
    process = made.command("sync", "crm")
    if after is None:
        assert made.slow.writing.wait(90)
    else:
        made.slow.wait_for(after)
    time.sleep(wait)
    if made.kill(process):
        made.hits.append(made.phase())


@pytest.mark.slow
def test_killed_at_any_point_it_ends_the_same(new_trial: Callable[[], Trial]) -> None:
    reference = new_trial()
    reference.finish("sync", "crm")
    wanted, once, requests = reference.tags(), reference.writes(), reference.slow.requests
    assert set(once.values()) == {1}
    assert len(once) == CONTACTS

    chance = random.Random(SEED)
    phases: Counter[str] = Counter()
    for number in range(TRIALS):
        after = None if number < AIMED else chance.randint(1, requests)
        wait = chance.uniform(0, BEFORE + AFTER)
        made = new_trial()
        killed(made, after, wait)
        made.finish("sync", "crm")
        where = f"trial {number}, killed {wait:.2f} s after request {after} of {requests} ({made.hits or 'too late'})"
        assert made.tags() == wanted, where
        assert made.writes() == once, where
        phases.update(made.hits)
    print(f"\nkilled alive: {sum(phases.values())} of {TRIALS}; the database then said: {dict(phases)}")
    assert sum(phases.values()) >= TRIALS * 3 // 4
    assert phases["sent"] >= AIMED // 2
