"""The description of the API against the API itself: whatever is sent, no fault and no answer that it does not name."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm_ext.store import accounts, db, tokens, vault
from crm_ext.store.models import Connection
from crm_ext.store.tokens import TokenScope
from tests import factories
from tests.serving import serving

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 5, GenerationMode.NEGATIVE: 3}
LEFT_ALONE = {("DELETE", "/api/v1/tokens/{token_id}")}
"""It would take away the token that the test itself uses."""


@pytest.fixture
def served(app, config):
    """The API on a port of its own, and a header that opens all of it."""
    vault.make_key_file(config)
    factories.sample()
    factories.run(db.session.get(Connection, 1))
    _, text = tokens.make(factories.account("admin"), "test", list(TokenScope), actor="test")
    with serving(app) as address:
        yield address, {"Authorization": f"Bearer {text}"}


def described(address):
    return schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")


def test_it_is_openapi_and_names_every_operation(app):
    document = app.test_client().get("/api/v1/openapi.json").json
    routes = {
        (method.lower(), rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api_") and not rule.endpoint.startswith("api_docs.")
        for method in rule.methods - {"OPTIONS", "HEAD"}
    }
    told = {
        (method, f"api_{operation['operationId']}")
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert told == routes
    for shape in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


def test_the_page_shows_every_operation_without_a_script(app):
    client = app.test_client()
    page = client.get("/api/docs")
    for path in client.get("/api/v1/openapi.json").json["paths"]:
        assert path in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize("mode", list(EXAMPLES))
def test_no_fault_and_no_answer_that_is_not_described(served, mode):
    address, headers = served
    for found in described(address).get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) not in LEFT_ALONE:
            tried(operation, mode, headers)


def tried(operation, mode, headers):
    @seed(0)
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
    assert accounts.get("admin@example.com").role == "admin"
