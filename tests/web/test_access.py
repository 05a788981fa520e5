"""Who gets in where: written by hand, and compared with every route that there is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from crm_ext.store import accounts, db, tokens
from crm_ext.store.accounts import Role
from crm_ext.store.models import Connection
from crm_ext.store.tokens import TokenScope
from crm_ext.web.access import ASSETS, PUBLIC, rule_of
from tests import factories
from tests.web.conftest import Program

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
    "contacts.export": ALL,
    "playbook.show": ALL,
    "playbook.read": ALL,
    "playbook.change": "admin editor",
    "playbook.back": "admin editor",
    "people.listed": OVERSEERS,
    "people.add": "admin",
    "people.role": "admin",
    "people.password": "admin",
    "people.rotate": "admin",
    "people.log": OVERSEERS,
    "people.log_file": OVERSEERS,
    "book.show": BOOK,
    "book.listed": BOOK,
    "card.called": "public",
    "card.show": "public",
    "card.note": "public",
    "card.act": "public",
    "hooks.receive": "public",
    "runs.listed": BOOK,
    "runs.show": BOOK,
    "runs.progress": BOOK,
    "runs.records": BOOK,
    "runs.accept": "admin",
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
    "api_docs.document": "public",
    "api_docs.page": "public",
    "api_me.who": ALL,
    "api_book.count": ALL,
    "api_contacts.every": ALL,
    "api_contacts.show": ALL,
    "api_contacts.override": "admin editor manager rep",
    "api_contacts.export": OVERSEERS,
    "api_contacts.erase": "admin",
    "api_contacts.clear": "admin editor manager rep",
    "api_companies.every": ALL,
    "api_companies.show": ALL,
    "api_connectors.kinds": OVERSEERS,
    "api_connections.every": OVERSEERS,
    "api_connections.show": OVERSEERS,
    "api_connections.add": "admin",
    "api_connections.change": "admin",
    "api_connections.remove": "admin",
    "api_connections.check": "admin",
    "api_connections.prepare": "admin",
    "api_connections.pause": "admin",
    "api_connections.resume": "admin",
    "api_connections.start": "admin",
    "api_connections.when": OVERSEERS,
    "api_connections.plan": "admin",
    "api_connections.off": "admin",
    "api_contacts.diagnosis": ALL,
    "api_diagnoses.of_company": BOOK,
    "api_playbook.versions": ALL,
    "api_playbook.active": ALL,
    "api_desk.check": ALL,
    "api_runs.every": BOOK,
    "api_runs.show": BOOK,
    "api_runs.failures": BOOK,
    "api_runs.written": BOOK,
    "api_runs.take_back": "admin",
    "api_users.everybody": OVERSEERS,
    "api_users.add": "admin",
    "api_users.change": "admin",
    "api_tokens.held": ALL,
    "api_tokens.make": ALL,
    "api_tokens.revoke": ALL,
    "api_audit.lines": OVERSEERS,
    "connections.resend": "admin",
    "connections.timetable": "admin",
}
VALUES = {
    "connection_id": 1,
    "run_id": 1,
    "contact_id": "c-1",
    "company_id": "f-Harbour Mills",
    "slug": "folder",
    "code": "en",
    "key": "k",
    "token": "t",
    "token_id": 999,
    "email": "nobody@example.com",
    "name": "moves",
    "section": "alerts",
    "version": "1",
}
LEAVES = {"session.sign_out"}
API = "/api/v1"


@dataclass(frozen=True)
class Route:
    endpoint: str
    address: str
    method: str

    @property
    def of_api(self) -> bool:
        return self.address.startswith(API) and ROUTES[self.endpoint] != "public"

    def asked_by(self, visitor, program=None):
        if self.of_api:
            return program.send(self.method, self.address.removeprefix(API))
        return visitor.get(self.address) if self.method == "GET" else visitor.post(self.address, page=visitor.form)


@pytest.fixture
def routes(app):
    """Every route that is no asset, read where it can be read."""
    factories.sample()
    factories.run(db.session.get(Connection, 1))
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in ASSETS]
    with app.test_request_context():
        return [
            Route(
                rule.endpoint,
                app.url_for(rule.endpoint, **{name: VALUES[name] for name in rule.arguments}),
                "GET" if "GET" in rule.methods else next(iter(rule.methods - {"OPTIONS"})),
            )
            for rule in rules
        ]


def test_every_route_stands_in_the_table(routes):
    assert {each.endpoint for each in routes} == set(ROUTES)


def test_every_route_has_a_rule(app, routes):
    assert [each.endpoint for each in routes if rule_of(app, each.endpoint) is None] == []


def test_public_is_written_as_such(app, routes):
    public = {endpoint for endpoint, said in ROUTES.items() if said == "public"}
    assert {each.endpoint for each in routes if rule_of(app, each.endpoint) is PUBLIC} == public


def test_a_route_without_a_rule_lets_nobody_in(app, signed_in):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert signed_in("admin").get("/forgotten").status_code == 403


def test_strangers_see_public_routes_only(routes, app, visitor):
    visitor.form = "/sign-in"
    for each in routes:
        answer = each.asked_by(visitor, Program(app.test_client()))
        sent_away = answer.status_code == 401 if each.of_api else "/sign-in" in (answer.location or "")
        assert sent_away is (ROUTES[each.endpoint] != "public"), each


@pytest.mark.parametrize("role", list(Role))
def test_roles_enter_where_the_table_says(routes, app, signed_in, role):
    visitor = signed_in(role)
    visitor.form = "/password"
    _, text = tokens.make(accounts.get(f"{role}@example.com"), "test", list(TokenScope), actor="test")
    program = Program(app.test_client(), text)
    for each in routes:
        if each.endpoint in LEAVES or ROUTES[each.endpoint] == "public":
            continue
        answer = each.asked_by(visitor, program)
        assert answer.status_code != 401
        assert (answer.status_code != 403) is (role.value in ROUTES[each.endpoint].split()), f"{role}: {each}"
