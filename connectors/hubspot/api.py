"""HubSpot's way with HTTP: what its errors say, what its headers allow, and how its tokens are renewed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any

import orjson
from requests import PreparedRequest, Response

from connectors.hubspot.paths import path
from crm_ext.connector_api import (
    Api,
    ConnectorError,
    Context,
    Grant,
    NeedsAttention,
    Pace,
    Refreshing,
    RetryLater,
    SkipRecord,
    said,
)

SLOWEST_PLAN = ((100, 10.0),)
"""What every plan allows; HubSpot's answers tell of more."""
SEARCHES = ((5, 1.0),)
"""Searches a second, for the whole account."""
UNPACED = Pace(())
"""Tokens are renewed while other requests wait for them."""
DAILY_PAUSE = 3600.0
MIGRATING = 477
FIXES: Mapping[int, str] = {
    400: "See the property named, and the account's validation rules, in HubSpot.",
    401: "Give the connection a current access token: in HubSpot, Development → Keys.",
    403: "Give the key or app the scope that is named, then check the connection again.",
    414: "Map fewer custom fields on this stream.",
}


class Forbidden(NeedsAttention):
    """The key or app lacks a scope; what does not need it goes on."""


class HubSpotApi(Api):
    """Requests to one HubSpot account. `daily` is (calls left, calls allowed) today, as last told."""

    def __init__(self, settings: Mapping[str, Any], context: Context) -> None:
        self.version = str(settings["api_version"])
        self.daily: tuple[int, int] | None = None
        self._ahead = inf
        self.searching = Pace(SEARCHES)
        self._client = {name: settings.get(name) or "" for name in ("client_id", "client_secret")}
        super().__init__(
            str(settings["base_url"]),
            auth=Refreshing(settings, context, self._granted),
            rates=SLOWEST_PLAN,
            outcomes={403: Forbidden, 414: SkipRecord, MIGRATING: RetryLater},
            seen=self._learn,
        )

    def path(self, area: str, kind: str = "", *rest: str, to: str = "") -> str:
        return path(self.version, area, kind, *rest, to=to)

    def clock(self, ours: float) -> int:
        """HubSpot's time in ms at one of ours, or a little before it: its answers tell whole seconds."""
        return int((ours - (0.0 if self._ahead is inf else self._ahead)) * 1000)

    def words(self, response: Response) -> str:
        """HubSpot's message, the scopes that it misses and the limit that was met, without the rest of the document."""
        error = document(response)
        if not error.get("message"):
            return said(response)
        extra = [*missing_scopes(error), str(error.get("policyName") or "")]
        return " ".join([str(error["message"]), *filter(None, extra)])[:1000]

    def fix(self, kind: type[ConnectorError], response: Response) -> str:
        return FIXES.get(response.status_code, "")

    def wait(self, response: Response) -> float | None:
        """The day's allowance comes back with the day, not within a run."""
        spent = response.status_code == 429 and document(response).get("policyName") == "DAILY"
        return DAILY_PAUSE if spent else super().wait(response)

    def _learn(self, response: Response) -> None:
        """Keep the rates that the answer's headers state; searches and OAuth apps have fewer of them."""
        if (date := response.headers.get("Date")) and (theirs := _seconds(date)):
            self._ahead = min(self._ahead, time.time() - theirs)
        told = number(response, "Max"), number(response, "Interval-Milliseconds")
        if told[0] and told[1]:
            rates = ((told[0], told[1] / 1000),)
            if rates != self.pace.rates:
                self.keep(rates)
        left, allowed = number(response, "Daily-Remaining"), number(response, "Daily")
        if left is not None and allowed:
            self.daily = left, allowed

    def _granted(self, refresh_token: str) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **self._client}
        try:
            answer = self.post(self.path("token"), data=form, auth=_anonymous, lane=UNPACED)
        except SkipRecord as error:
            raise NeedsAttention(
                "HubSpot does not renew the access token.",
                fix="Connect the account again: the refresh token, client id or client secret is no longer valid.",
                detail=error.detail,
            ) from error
        expires = answer.get("expires_in")
        return Grant(str(answer["access_token"]), str(answer.get("refresh_token") or ""), expires and float(expires))


def _anonymous(request: PreparedRequest) -> PreparedRequest:
    return request


def document(response: Response) -> Mapping[str, Any]:
    """The error as HubSpot describes it; empty where a machine before it answered."""
    try:
        found = orjson.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def missing_scopes(error: Mapping[str, Any]) -> list[str]:
    contexts = [error.get("context") or {}, *((each.get("context") or {}) for each in error.get("errors") or [])]
    named = [name for each in contexts for key, names in each.items() if "cope" in key for name in names]
    return list(dict.fromkeys(map(str, named)))


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def number(response: Response, name: str) -> int | None:
    value = response.headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(value) if value.isdigit() else None
