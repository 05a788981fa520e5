"""The kit on the connector of the docs page, which is right, and on the same one made wrong."""

from __future__ import annotations

from dataclasses import replace
from inspect import getmembers, isfunction

import pytest

from crm_ext.connector_api.testing import CHECKS, Case, served
from tests.connector_api.testing.page import PAGE, example

MODULES = example()
Shelf = MODULES["connectors.shelf"].Shelf
CONTRACT = MODULES["tests.connectors.shelf.test_contract"]
TestShelf = CONTRACT.TestShelf


@pytest.fixture(scope="module")
def case():
    case = CONTRACT.ShelfCase()
    with served(case.net) as case.base_url:
        yield case


class Blurred(Shelf):
    """Wrong in ways of its own: leaves a field empty."""

    slug = "blurred"

    def pull(self, part, checkpoint):
        for page in super().pull(part, checkpoint):
            yield replace(page, changes=[replace(each, phone="") for each in page.changes])


class Eager(Shelf):
    """Sends a refused request again at once."""

    slug = "eager"

    def __init__(self, settings, context=None):
        super().__init__(settings, context)
        self.api._retrying.wait = lambda _: 0.0


class Harmful(Shelf):
    """Writes what is not ours."""

    slug = "harmful"

    def push(self, rows):
        for each in super().push(rows):
            Harmful.server.put(id=int(each.id), name="overwritten")
            yield each


@pytest.mark.parametrize(
    ("connector", "check", "said"),
    [
        (Blurred, "every_field", r"1\.phone is ''"),
        (Eager, "rate_limited", "Retry-After asked for 1.0 s"),
        (Harmful, "only_ours", "what is not ours"),
    ],
)
def test_a_wrong_connector_is_told_what_is_wrong(case, connector, check, said, monkeypatch):
    monkeypatch.setattr(case, "connector", connector, raising=False)
    case.reset()
    Harmful.server = case.server
    with pytest.raises(AssertionError, match=said):
        CHECKS[check](case)


def test_what_a_case_leaves_out_is_told(case):
    with pytest.raises(AssertionError, match="ShelfCase must override `merge`, or say in `skips`"):
        CHECKS["merged"](case)


def test_every_check_and_hook_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    assert [each for each in CHECKS if f"`{each}`" not in page] == []
    hooks = [name for name, _ in getmembers(Case, isfunction) if not name.startswith("_")]
    ours = {"make", "failing", "mapped", "merge"}
    assert [each for each in hooks if f"def {each}(" not in page and each not in ours] == []


def test_a_skip_that_names_no_check_is_refused(case, monkeypatch):
    monkeypatch.setattr(case, "skips", {"every_feild": "no"})
    with pytest.raises(AssertionError, match="names what is no check"):
        TestShelf().test_skips_name_checks(case)


def test_an_even_state_cannot_tell_a_swap(case, monkeypatch):
    even = [replace(each, name=each.email) for each in CONTRACT.PEOPLE]
    monkeypatch.setattr(CONTRACT, "PEOPLE", even)
    case.reset()
    with pytest.raises(AssertionError, match=r"contacts\.name and email are swapped"):
        TestShelf().test_no_spoilt_field_goes_unnoticed(case)
