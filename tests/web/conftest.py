from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import Context

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm_ext.store import accounts, db
from tests import factories

CSRF = re.compile(r'name="crm_ext_csrf"[^>]* value="([^"]+)"')


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with the least work it takes: these tests sign in a thousand times."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Visitor:
    """Somebody at a browser without scripts. A form is posted with the proof that its page carried.

    Requests run outside of the test's application context, as they do in a server.
    """

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **options: object) -> TestResponse:
        return self.send("GET", address, **options)

    def post(self, address: str, values: dict[str, object] | None = None, *, page: str = "/sign-in") -> TestResponse:
        token = CSRF.search(self.get(page, follow_redirects=True).text)
        assert token, f"{page} has no form"
        return self.send("POST", address, data={"crm_ext_csrf": token[1], **(values or {})})

    def send(self, method: str, address: str, **options: object) -> TestResponse:
        db.session.rollback()
        return Context().run(self.client.open, address, method=method, **options)

    def sign_in(self, email: str, password: str = factories.PASSWORD, **more: object) -> TestResponse:
        return self.post("/sign-in", {"email": email, "password": password, **more})


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def signed_in(app: Flask) -> Callable[[str], Visitor]:
    """A visitor with a role, signed in as `role@example.com`."""

    def make(role: str) -> Visitor:
        factories.account(role)
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(f"{role}@example.com").status_code == 303
        return visitor

    return make
