"""Who gets in where: written by hand, and compared with every route that there is."""

from __future__ import annotations

import pytest

from crm_ext.store import db
from crm_ext.store.accounts import Role
from crm_ext.store.models import Connection
from crm_ext.web.access import ASSETS, PUBLIC, rule_of
from tests import factories

ALL = "admin editor manager rep auditor"
BOOK = "admin manager auditor"
OVERSEERS = "admin auditor"
ROUTES = {
    "health.alive": "public",
    "health.ready": "public",
    "health.metrics": "public",
    "session.sign_in": "public",
    "session.speak": "public",
    "session.sign_out": ALL,
    "session.password": ALL,
    "home.show": ALL,
    "contacts.listed": ALL,
    "contacts.show": ALL,
    "contacts.act": "admin editor manager rep",
    "contacts.note": ALL,
    "card.called": "public",
    "card.show": "public",
    "card.note": "public",
    "card.act": "public",
    "runs.listed": BOOK,
    "runs.show": BOOK,
    "runs.progress": BOOK,
    "connections.listed": OVERSEERS,
    "connections.show": OVERSEERS,
    "connections.choose": "admin",
    "connections.add": "admin",
    "connections.settings": "admin",
    "connections.check": "admin",
    "connections.prepare": "admin",
    "connections.start": "admin",
    "connections.pause": "admin",
    "connections.resume": "admin",
}
VALUES = {
    "connection_id": 1,
    "run_id": 1,
    "contact_id": "c-1",
    "slug": "folder",
    "code": "en",
    "key": "k",
    "token": "t",
}
LEAVES = {"session.sign_out"}


@pytest.fixture
def routes(app):
    """Endpoint, address and whether it is read, of every route that is no asset."""
    factories.sample()
    factories.run(db.session.get(Connection, 1))
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in ASSETS]
    with app.test_request_context():
        return [
            (rule.endpoint, app.url_for(rule.endpoint, **{name: VALUES[name] for name in rule.arguments}), rule.methods)
            for rule in rules
        ]


def test_every_route_stands_in_the_table(routes):
    assert {endpoint for endpoint, _, _ in routes} == set(ROUTES)


def test_every_route_has_a_rule(app, routes):
    assert [endpoint for endpoint, _, _ in routes if rule_of(app, endpoint) is None] == []


def test_public_is_written_as_such(app, routes):
    public = {endpoint for endpoint, said in ROUTES.items() if said == "public"}
    assert {endpoint for endpoint, _, _ in routes if rule_of(app, endpoint) is PUBLIC} == public


def test_a_route_without_a_rule_lets_nobody_in(app, signed_in):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert signed_in("admin").get("/forgotten").status_code == 403


def test_strangers_see_public_routes_only(routes, visitor):
    for endpoint, address, methods in routes:
        answer = visitor.get(address) if "GET" in methods else visitor.post(address)
        sent_away = "/sign-in" in (answer.location or "")
        assert sent_away is (ROUTES[endpoint] != "public"), address


@pytest.mark.parametrize("role", list(Role))
def test_roles_enter_where_the_table_says(routes, signed_in, role):
    visitor = signed_in(role)
    for endpoint, address, methods in routes:
        if endpoint in LEAVES or ROUTES[endpoint] == "public":
            continue
        answer = visitor.get(address) if "GET" in methods else visitor.post(address, page="/password")
        assert (answer.status_code != 403) is (role.value in ROUTES[endpoint].split()), f"{role} at {address}"
