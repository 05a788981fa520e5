from contextlib import ExitStack

import pytest

from connectors.espocrm import EspoCRM, pushing
from crm_ext.connector_api import Context, http
from crm_ext.connector_api.settings import validated
from crm_ext.connector_api.testing.serving import served
from tests.doubles.espocrm import ADMIN, KEY, EspoDouble
from tests.doubles.espocrm_seed import seeded


@pytest.fixture
def quick(monkeypatch):
    """Without waits between attempts."""
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)
    monkeypatch.setattr(pushing, "PAUSE", 0.01)


@pytest.fixture
def site():
    """Makes EspoCRMs that are served until the test ends: a double, and a function that makes connectors to it."""
    with ExitStack() as stack:

        def make(contacts=10, *, crm=None, context=None, settings=None, **options):
            double = EspoDouble(crm or seeded(contacts), **options)
            url = stack.enter_context(served(double))

            def connector(**more):
                login = {"admin_login": ADMIN[0], "admin_password": ADMIN[1]}
                given = {"base_url": url, "api_key": KEY} | login | (settings or {}) | more
                made = EspoCRM(validated(EspoCRM.settings, given), context or Context())
                stack.callback(made.close)
                return made

            return double, connector

        yield make
