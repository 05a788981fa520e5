from contextlib import ExitStack

import pytest

from connectors.odoo import Odoo
from crm_ext.connector_api import Context, http
from crm_ext.connector_api.settings import validated
from crm_ext.connector_api.testing.serving import served
from tests.doubles.odoo import DATABASE, KEY, LOGIN, OdooDouble
from tests.doubles.odoo_data import generated


@pytest.fixture
def quick(monkeypatch):
    """Without waits between attempts."""
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)


@pytest.fixture
def site():
    """Makes Odoos that are served until the test ends: a double, and a function that makes connectors to it."""
    with ExitStack() as stack:

        def make(contacts=10, serie=19, *, tables=None, context=None, settings=None, **options):
            double = OdooDouble(tables or generated(contacts), serie, **options)
            url = stack.enter_context(served(double))

            def connector(**more):
                sign_in = {"database": DATABASE, "login": LOGIN, "api_key": KEY}
                given = {"base_url": url} | sign_in | (settings or {}) | more
                made = Odoo(validated(Odoo.settings, given), context or Context())
                stack.callback(made.close)
                return made

            return double, connector

        yield make
