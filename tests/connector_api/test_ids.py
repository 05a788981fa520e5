"""Sets of ids kept as runs."""

from __future__ import annotations

import random

import pytest

from crm_ext.connector_api import Ids


@pytest.mark.parametrize("runs", ["", "1", "1-3,7", "2,4,6-9"])
def test_runs_are_read_and_written(runs):
    assert str(Ids(runs)) == runs


def test_ids_behave_as_a_set():
    dice, ids, wanted = random.Random(7), Ids(), set()
    for _ in range(3000):
        each = dice.randrange(200)
        if dice.random() < 0.6:
            ids.add(each)
            wanted.add(each)
        else:
            ids.discard(each)
            wanted.discard(each)
        assert len(ids) == len(wanted)
    assert set(ids) == set(Ids(str(ids))) == wanted
    assert all((each in ids) == (each in wanted) for each in range(-1, 201))


def test_a_hundred_thousand_ids_without_gaps_are_a_few_characters():
    ids = Ids()
    ids.update(range(1, 100_001))
    assert str(ids) == "1-100000"
