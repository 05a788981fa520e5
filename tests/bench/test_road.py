"""The bench of the whole road, small: it runs, and memory does not grow with the number of contacts."""

from __future__ import annotations

import pytest

from tests.bench.road import flat, measured


@pytest.mark.slow
def test_memory_is_flat() -> None:
    figures = [measured(size) for size in (1_000, 4_000)]
    for each in figures:
        print(each.line())
    flat(figures)
