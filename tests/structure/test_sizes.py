"""Short files, short functions. Migrations are left out: Alembic writes them, and nobody edits them afterwards."""

from __future__ import annotations

from statistics import median, quantiles

import pytest

from tests.structure.tree import ROOT, length, modules

LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def lines(*tops: str) -> dict[str, int]:
    return {each.where: each.source.count("\n") for each in modules(*tops)}


def bodies(*tops: str) -> dict[str, int]:
    return {
        f"{module.where}:{function.lineno} {function.name}": length(function)
        for module in modules(*tops)
        for function in module.functions()
    }


def longer(sizes: dict[str, int], limit: int) -> dict[str, int]:
    return {where: size for where, size in sizes.items() if size > limit}


@pytest.mark.parametrize("top", ["crm_ext", "connectors", "tests"])
def test_no_file_is_long(top: str) -> None:
    assert longer(lines(top), LONGEST_FILE) == {}


@pytest.mark.parametrize("top", ["crm_ext", "connectors", "tests"])
def test_no_function_is_long(top: str) -> None:
    assert longer(bodies(top), LONGEST_FUNCTION) == {}


def test_most_files_are_short() -> None:
    assert median(lines().values()) <= 120


def test_most_functions_are_short() -> None:
    sizes = bodies()
    assert median(sizes.values()) <= 4
    cut = quantiles(sizes.values(), n=100)[-1]
    assert cut <= 25, f"99 % of the bodies should have at most 25 lines, not {cut}: {longer(sizes, 25)}"


def test_the_tree_was_found() -> None:
    assert (ROOT / "setup.cfg").is_file()
    assert len(lines()) > 40
