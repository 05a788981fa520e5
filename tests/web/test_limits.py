"""Too much at once is refused, with a word on when to come again."""

from __future__ import annotations

import pytest

from crm_ext.store import db
from crm_ext.web import limits
from crm_ext.web.app import create_app
from tests import factories
from tests.web.conftest import Program, Visitor


@pytest.fixture
def narrow(app, config, monkeypatch):
    """The same installation with limits of three."""
    monkeypatch.setattr(limits, "OF_PROGRAMS", "3 per minute")
    monkeypatch.setattr(limits, "OF_SIGN_INS", "3 per minute")
    factories.account("admin")
    made = create_app(config)
    yield made.test_client()
    with made.app_context():
        db.engine.dispose()


def test_programs_are_told_when_to_come_again(narrow):
    program = Program(narrow)
    statuses = [program.get("/me").status_code for _ in range(4)]
    answer = program.get("/me")
    assert statuses[:3] == [401, 401, 401]
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert 0 < int(answer.headers["Retry-After"]) <= 61


def test_failed_sign_ins_from_one_address_are_counted_over_all_accounts(narrow):
    visitor = Visitor(narrow)
    assert [visitor.sign_in(f"{n}@example.com", "wrong wrong").status_code for n in range(3)] == [422, 422, 422]
    assert visitor.sign_in("admin@example.com").status_code == 429


def test_signing_in_as_it_should_be_is_not_counted(narrow):
    for _ in range(5):
        visitor = Visitor(narrow)
        visitor.client.delete_cookie("crm_ext_session")
        assert visitor.sign_in("admin@example.com").status_code == 303
