"""OAuth 2: an access token that is renewed before it ends or when it is refused, by one caller at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase

from crm_ext.connector_api.contract import Context

EARLY = 60.0
"""Seconds before its end from which a token is no longer used."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token endpoint gave. `expires_in` is in seconds, None where it does not say."""

    access_token: str
    refresh_token: str = ""
    expires_in: float | None = None


class Refreshing(AuthBase):
    """A bearer token from settings `access_token` and `refresh_token`.

    `fetch` asks the token endpoint with a refresh token; what it gives is kept through the context before it is
    used, for a CRM may take the old refresh token out of use. Another process may have been faster: what is stored
    now is looked at first, under the connection's lock.
    """

    def __init__(self, settings: Mapping[str, Any], context: Context, fetch: Callable[[str], Grant]) -> None:
        self.token = settings.get("access_token") or ""
        self.refresh_token = settings.get("refresh_token") or ""
        self._context = context
        self._fetch = fetch
        self._ends: float | None = None
        self._lock = Lock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if not self.token or (self._ends is not None and time.monotonic() >= self._ends):
            self.renew(self.token)
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def renew(self, refused: str) -> bool:
        """Put another token in the place of one that was refused; False if there is none to be had."""
        with self._lock:
            if self.token != refused:
                return True
            if not self.refresh_token:
                return False
            with self._context.lock():
                self._take_stored()
                if self.token == refused:
                    self._take(self._fetch(self.refresh_token))
            return True

    def _take_stored(self) -> None:
        stored = self._context.load()
        self.refresh_token = stored.get("refresh_token") or self.refresh_token
        if (token := stored.get("access_token")) and token != self.token:
            self.token, self._ends = token, None

    def _take(self, grant: Grant) -> None:
        self.refresh_token = grant.refresh_token or self.refresh_token
        self._context.save({"access_token": grant.access_token, "refresh_token": self.refresh_token})
        self.token = grant.access_token
        self._ends = None if grant.expires_in is None else time.monotonic() + max(0.0, grant.expires_in - EARLY)
