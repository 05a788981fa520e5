"""The contract suite on Odoo 19 (JSON-2, fields), on Odoo 18 (JSON-RPC), and with a key that may only use tags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_ext.connector_api.testing import ContractChecks, ContractSuite
from crm_ext.connector_api.testing.faults import Faults
from crm_ext.connector_api.testing.serving import served
from tests.connectors.odoo import known
from tests.connectors.odoo.case import OdooCase, Rpc18, Tagging
from tests.doubles.odoo import OdooDouble


def serving(kind: type[OdooCase], serie: int, **options: object) -> Iterator[OdooCase]:
    double = OdooDouble(known.tables(serie), serie, **options)
    net = Faults(double)
    with served(net) as url:
        yield kind(url, double, net)


class TestOdoo19(ContractSuite):
    """Every check with its teeth."""

    @pytest.fixture(scope="module")
    @staticmethod
    def case() -> Iterator[OdooCase]:
        yield from serving(OdooCase, 19)


class TestOdoo18(ContractChecks):
    @pytest.fixture(scope="module")
    @staticmethod
    def case() -> Iterator[OdooCase]:
        yield from serving(Rpc18, 18)


class TestTags(ContractChecks):
    @pytest.fixture(scope="module")
    @staticmethod
    def case() -> Iterator[OdooCase]:
        yield from serving(Tagging, 19, admin=False)
