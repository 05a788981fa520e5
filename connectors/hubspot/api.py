"""HubSpot's way with HTTP: what its errors say, what its headers allow, and how its tokens are renewed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any

import orjson
from requests import PreparedRequest, Response

from connectors.hubspot.paths import VERSIONS, path
from crm_ext.connector_api import (
    Api,
    ConnectorError,
    Context,
    Gone,
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
PAUSES: Mapping[str, float] = {"DAILY": 3600.0, "TEN_SECONDLY_ROLLING": 2.5}
"""Seconds to wait where an answer names the limit that was met but no time: the day's allowance comes back with the
day, not within a run, and the window's within as many attempts as are made."""
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
        self.searching = context.pace(SEARCHES, "search")
        self._client = {name: settings.get(name) or "" for name in ("client_id", "client_secret")}
        super().__init__(
            str(settings["base_url"]),
            auth=Refreshing(settings, context, self._granted),
            rates=SLOWEST_PLAN,
            pace=context.pace,
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
        """As HubSpot says, else as long as the limit lasts that was met; a spent day is waited for in any case."""
        policy = str(document(response).get("policyName")) if response.status_code == 429 else ""
        asked = super().wait(response)
        return PAUSES.get(policy) if asked is None or policy == "DAILY" else asked

    def _learn(self, response: Response) -> None:
        """Keep the rates that the answer's headers state; searches and OAuth apps have fewer of them."""
        if (date := response.headers.get("Date")) and (theirs := _seconds(date)):
            self._ahead = min(self._ahead, time.time() - theirs)
        told = number(response, "Max"), number(response, "Interval-Milliseconds")
        if told[0] and told[1]:
            rates = ((told[0], told[1] / 1000),)
            if rates != self.pace.rates:
                self.keep(rates)
            if (left := number(response, "Remaining")) is not None:
                self.pace.told(left, response.elapsed.total_seconds())
        today, allowed = number(response, "Daily-Remaining"), number(response, "Daily")
        if today is not None and allowed:
            self.daily = today, allowed

    def _granted(self, refresh_token: str) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **self._client}
        try:
            answer = self._token(form)
        except SkipRecord as error:
            raise NeedsAttention(
                "HubSpot does not renew the access token.",
                fix="Connect the account again: the refresh token, client id or client secret is no longer valid.",
                detail=error.detail,
            ) from error
        expires = answer.get("expires_in")
        return Grant(str(answer["access_token"]), str(answer.get("refresh_token") or ""), expires and float(expires))

    def _token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """What the token endpoint says, of the oldest version if need be: before the first check none is known."""
        for version in dict.fromkeys([self.version, *VERSIONS]):
            with suppress(Gone):
                return dict(self.post(path(version, "token"), data=form, auth=_anonymous, lane=UNPACED))
        raise Gone("HubSpot has no token endpoint at this address.", fix="Correct base_url.")


def _anonymous(request: PreparedRequest) -> PreparedRequest:
    return request


def document(response: Response) -> Mapping[str, Any]:
    """The error as HubSpot describes it; empty where a machine before it answered."""
    try:
        found = orjson.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def contexts(error: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """What an error and the errors in it are about: names with their values."""
    for each in (error, *(error.get("errors") or ())):
        about = each.get("context") if isinstance(each, dict) else None
        for name, values in about.items() if isinstance(about, dict) else ():
            yield name, [str(value) for value in (values if isinstance(values, list) else [values])]


def missing_scopes(error: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(value for name, values in contexts(error) if "cope" in name for value in values))


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def number(response: Response, name: str) -> int | None:
    value = response.headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(value) if value.isdigit() else None
