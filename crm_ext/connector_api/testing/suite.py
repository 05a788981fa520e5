"""The contract suite as pytest runs it. A connector's whole contract test is a `Case` and a subclass with a fixture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest

from crm_ext.connector_api import http
from crm_ext.connector_api.testing.case import Case, Check
from crm_ext.connector_api.testing.mutants import BEHAVIOUR, Mutant, field_mutants, survivors, tag_mutants
from crm_ext.connector_api.testing.network_checks import NETWORK_CHECKS
from crm_ext.connector_api.testing.pull_checks import PULL_CHECKS, every_field, every_field_filled
from crm_ext.connector_api.testing.push_checks import PUSH_CHECKS
from crm_ext.connector_api.testing.shape_checks import SHAPE_CHECKS

CHECKS: Mapping[str, Check] = {
    each.__name__: each for each in (*SHAPE_CHECKS, *PULL_CHECKS, *PUSH_CHECKS, *NETWORK_CHECKS)
}
OBLIGATORY = frozenset({every_field.__name__, every_field_filled.__name__})
"""Checks that no reason excuses."""


class ContractChecks:
    """The checks alone, for a second CRM of a connector whose `ContractSuite` runs on another."""

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Waits between attempts are for CRMs in need of rest; a wait that the CRM asks for is kept."""
        monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)

    @pytest.fixture
    def known(self, case: Case) -> Iterator[Case]:
        """The case with its CRM in the known state."""
        case.reset()
        yield case
        if case.net:
            case.net.clear()

    def test_skips_name_checks(self, case: Case) -> None:
        assert case.skips.keys() <= CHECKS.keys() - OBLIGATORY, "`skips` names what is no check, or may not be skipped"
        assert all(case.skips.values()), "each skip needs its reason"

    @pytest.mark.parametrize("check", CHECKS)
    def test_contract(self, check: str, known: Case) -> None:
        if check in known.skips:
            pytest.skip(f"{known.connector.slug}: {known.skips[check]}")
        CHECKS[check](known)


class ContractSuite(ContractChecks):
    """Subclass it, and give a fixture `case` that yields the connector's `Case`; of module scope, it is made once."""

    def test_no_spoilt_field_goes_unnoticed(self, known: Case) -> None:
        assert_none_survives(known, field_mutants(known))

    def test_no_lost_tag_goes_unnoticed(self, known: Case) -> None:
        assert_none_survives(known, tag_mutants(known))

    @pytest.mark.parametrize("mutant", BEHAVIOUR, ids=lambda each: each.name)
    def test_no_wrong_behaviour_goes_unnoticed(self, mutant: Mutant, known: Case) -> None:
        if mutant.check.__name__ in known.skips:
            pytest.skip(f"{known.connector.slug}: {known.skips[mutant.check.__name__]}")
        assert_none_survives(known, [mutant])


def assert_none_survives(case: Case, mutants: Iterable[Mutant]) -> None:
    every = list(mutants)
    assert every, "there is nothing to spoil"
    alive = survivors(case, every)
    assert not alive, f"the suite did not notice: {'; '.join(alive)}"
