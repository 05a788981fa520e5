from contextlib import ExitStack

import pytest

from connectors.hubspot import HubSpot
from crm_ext.connector_api import Context, http
from crm_ext.connector_api.settings import validated
from crm_ext.connector_api.testing.serving import served
from tests.connectors.hubspot.case import TOKEN
from tests.doubles.hubspot import HubSpotDouble
from tests.doubles.hubspot_seed import seeded


@pytest.fixture
def quick(monkeypatch):
    """Without waits between attempts."""
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)


@pytest.fixture
def account():
    """Makes accounts that are served until the test ends: a double, and a function that makes connectors to it."""
    with ExitStack() as stack:

        def make(contacts=10, *, lag=0.0, wrap=lambda app: app, portal=None, context=None, settings=None, **options):
            options.setdefault("limit", (1_000_000, 10.0))
            double = HubSpotDouble(portal or seeded(contacts, lag), **options)
            url = stack.enter_context(served(wrap(double)))

            def connector(**more):
                given = {"base_url": url, "access_token": TOKEN} | (settings or {}) | more
                made = HubSpot(validated(HubSpot.settings, given), context or Context())
                stack.callback(made.close)
                return made

            return double, connector

        yield make
