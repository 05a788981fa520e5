import pytest

from crm_ext.connector_api.testing import ContractSuite
from crm_ext.connector_api.testing.faults import Faults
from crm_ext.connector_api.testing.serving import served
from tests.connectors.hubspot.case import HubSpotCase, known_state
from tests.doubles.hubspot import HubSpotDouble


class TestHubSpot(ContractSuite):
    @pytest.fixture(scope="module")
    @staticmethod
    def case():
        double = HubSpotDouble(known_state(), limit=(1_000_000, 10.0))
        net = Faults(double)
        with served(net) as url:
            yield HubSpotCase(url, double, net)
