from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm_ext.store import accounts, db, tokens
from crm_ext.store.tokens import TokenScope
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
        return Context().run(self.client.open, address, method=method, buffered=True, **options)

    def sign_in(self, email: str, password: str = factories.PASSWORD, **more: object) -> TestResponse:
        return self.post("/sign-in", {"email": email, "password": password, **more})


class Program:
    """Something that speaks to the API with a token."""

    def __init__(self, client: FlaskClient, token: str = "") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        db.session.rollback()
        headers = {**self.headers, **options.pop("headers", {})}
        return Context().run(self.client.open, f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.send("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> TestResponse:
        return self.send("POST", path, **({} if body is None else {"json": body}), **options)


@pytest.fixture
def program(app: Flask) -> Callable[..., Program]:
    """A program that acts for somebody with this role, `role@example.com`."""

    def make(role: str = "admin", *scopes: str) -> Program:
        account = factories.account(role)
        _, text = tokens.make(account, "test", scopes or list(TokenScope), actor="test")
        return Program(app.test_client(), text)

    return make


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
