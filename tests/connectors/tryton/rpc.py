"""A client of Tryton's JSON-RPC that is not the connector's: what other people do in the CRM meanwhile."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import requests

UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


class Client:
    def __init__(self, base_url: str, login: str = "admin", password: str = "s3cret-of-tests") -> None:
        self.url, self.login, self.password = f"{base_url}/crm/rpc/", login, password
        self.session = requests.Session()
        self.context: dict[str, Any] = {}

    def sign_in(self) -> None:
        self.session.headers.pop("Authorization", None)
        body = {"id": 0, "method": "common.db.login", "params": [self.login, {"password": self.password}]}
        user, token, *_ = self.session.post(self.url, json=body).json()["result"]
        key = base64.b64encode(f"{self.login}:{user}:{token}".encode()).decode()
        self.session.headers["Authorization"] = f"Session {key}"

    def __call__(self, method: str, *params: Any) -> Any:
        return self.call(f"model.{method}", *params)

    def call(self, method: str, *params: Any) -> Any:
        answer = self.answer(method, *params)
        assert "result" in answer, answer
        return answer["result"]

    def answer(self, method: str, *params: Any) -> dict[str, Any]:
        """The answer as it comes, an error included."""
        body = {"id": 1, "method": method, "params": [*params, self.context]}
        response = self.session.post(self.url, json=body)
        if response.status_code == 401:
            self.sign_in()
            response = self.session.post(self.url, json=body)
        return response.json() if response.status_code == 200 else {"status": response.status_code}

    def changed(self, model: str, id_: int) -> datetime:
        """When a row last changed."""
        row = self(f"{model}.read", [id_], ["last_modified_at"])[0]
        return datetime(*(row["last_modified_at"][unit] for unit in UNITS), tzinfo=UTC)
