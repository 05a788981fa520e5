import pytest

from connectors.espocrm import pushing
from crm_ext.connector_api.testing import ContractSuite
from crm_ext.connector_api.testing.faults import Faults
from crm_ext.connector_api.testing.serving import served
from tests.connectors.espocrm.case import EspoCase
from tests.connectors.espocrm.state import known_state
from tests.doubles.espocrm import EspoDouble


class TestEspoCRM(ContractSuite):
    @pytest.fixture(scope="module")
    @staticmethod
    def case():
        double = EspoDouble(known_state())
        net = Faults(double)
        with served(net) as url, pytest.MonkeyPatch.context() as patch:
            patch.setattr(pushing, "PAUSE", 0.01)
            yield EspoCase(url, double, net)
