"""Odoo's way with HTTP: where its errors stand, what its redirects mean, and its clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests

from connectors.odoo.errors import BY_STATUS, PASSING, WrongDatabase, named
from crm_ext.connector_api import Api, ConnectorError, Context, NeedsAttention, Unsure, decoded

TIMEOUT = (10.0, 130.0)
"""A worker of Odoo is ended after 120 seconds (`limit_time_real`): by then an answer has come, or none will."""
JSON = "application/json"
HOSTED = ".odoo.com"


class OdooApi(Api):
    """Requests to one Odoo. `now` is its clock as last told, in UTC, to the second."""

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        super().__init__(config["base_url"], rates=rates(config), pace=context.pace, timeout=TIMEOUT, seen=self._clock)

    def ask(
        self, path: str, body: Any, *, once: bool = False, read: Callable[[requests.Response], Any] | None = None
    ) -> Any:
        return self.post(path, json=body, once=once, read=read or document, allow_redirects=False)

    def raise_for_status(self, response: requests.Response) -> None:
        """Raise what the answer names; Odoo answers bad values with 500, too, so that the status does not tell."""
        if 300 <= response.status_code < 400:
            raise redirected(response)
        if response.status_code in PASSING:
            super().raise_for_status(response)
        error = told(response) if response.status_code >= 400 else None
        if error and (error.get("name") or response.status_code in BY_STATUS):
            path = urlsplit(response.url).path.rpartition("/json/2/")[2]
            raise named(path.replace("/", "."), str(error.get("name", "")), str(error["message"]), response.status_code)
        if response.status_code >= 400 and not error and JSON in response.headers.get("Content-Type", ""):
            raise Unsure(f"{response.url} answered with {response.status_code} and half a reason.")
        if response.status_code == 404:
            raise WrongDatabase(f"{response.url} does not exist.")
        super().raise_for_status(response)

    def _clock(self, response: requests.Response) -> None:
        if sent := response.headers.get("Date"):
            self.now = parsedate_to_datetime(sent)


def rates(config: Mapping[str, Any]) -> tuple[tuple[int, float], ...]:
    """Requests a second: as the setting says, one on Odoo's own hosts, else as many as there are."""
    hosted = (urlsplit(config["base_url"]).hostname or "").endswith(HOSTED)
    allowed = int(config["per_second"]) or (1 if hosted else 0)
    return ((allowed, 1.0),) if allowed else ()


def redirected(response: requests.Response) -> ConnectorError:
    target = response.headers.get("Location", "elsewhere")
    fix = "Set `base_url` to the address that Odoo really has, https and host as in the browser."
    return NeedsAttention(f"{response.url} leads to {target} instead of answering.", fix=fix)


def told(response: requests.Response, key: str = "message") -> Mapping[str, Any] | None:
    """What an answer holds as JSON, if that has the key: errors of Odoo's have a message."""
    try:
        answer = orjson.loads(response.content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and key in answer else None


def document(response: requests.Response) -> Any:
    """The JSON of an answer. Odoo never answers with nothing, so an empty answer is a fault that may pass."""
    if not response.content:
        raise Unsure(f"{response.url} answered with nothing.")
    return decoded(response)
