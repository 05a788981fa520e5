"""A double of HubSpot, served over real HTTP: `python -m tests.doubles.hubspot --port 8090 --contacts 1000`.

`/_admin/state` counts requests, refusals and writes by contact. The rules are those of the official documents:
rights by scope, dated and numbered paths, limits in ten seconds and in one second for searches, page and batch sizes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from werkzeug.wrappers import Request, Response

from crm_ext.connector_api.testing.faults import HTML, broken, half
from crm_ext.connector_api.testing.serving import server
from tests.doubles import hubspot_api as api
from tests.doubles import hubspot_properties as properties
from tests.doubles.hubspot_api import Refused
from tests.doubles.hubspot_portal import KINDS, Portal, iso, now_ms
from tests.doubles.hubspot_seed import seeded

PORTAL_ID = 24810357
DATED = ("2026-09", "2026-03")
ROUTES: tuple[tuple[str, str, Callable, str], ...] = (
    ("GET", r"objects/(\w[\w-]*)", api.list_objects, "read"),
    ("POST", r"objects/(\w[\w-]*)/search", api.search, "read"),
    ("POST", r"objects/(\w[\w-]*)/batch/read", api.read_batch, "read"),
    ("POST", r"objects/(\w[\w-]*)/batch/update", api.update_batch, "write"),
    ("POST", r"associations/([\w-]+)/([\w-]+)/batch/read", api.read_associations, "read"),
    ("GET", r"properties/([\w-]+)", properties.list_properties, "read"),
    ("POST", r"properties/([\w-]+)", properties.make_property, "schema"),
    ("POST", r"properties/([\w-]+)/batch/create", properties.make_properties, "schema"),
    ("GET", r"properties/([\w-]+)/groups/(\w+)", properties.get_group, "read"),
    ("POST", r"properties/([\w-]+)/groups", properties.make_group, "schema"),
    ("DELETE", r"properties/([\w-]+)/groups/(\w+)", properties.archive_group, "schema"),
    ("GET", r"properties/([\w-]+)/(\w+)", properties.get_property, "read"),
    ("PATCH", r"properties/([\w-]+)/(\w+)", properties.change_property, "schema"),
    ("DELETE", r"properties/([\w-]+)/(\w+)", properties.archive_property, "schema"),
    ("GET", r"pipelines/(\w+)", api.list_pipelines, "read"),
    ("GET", r"owners", api.list_owners, "owners"),
)
SCOPES = {
    "contacts": "crm.objects.contacts.{}",
    "companies": "crm.objects.companies.{}",
    "deals": "crm.objects.deals.{}",
    "tickets": "tickets",
}
EVERY_SCOPE = frozenset(
    {"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.write", "tickets"}
    | {"crm.objects.companies.read", "crm.objects.deals.read", "crm.objects.owners.read"}
)


def dated(path: str) -> str | None:
    """What a path names, whatever its version: `objects/contacts/search`."""
    found = re.fullmatch(r"/crm/(\w+)/(\d{4}-\d\d)(/.*)?", path)
    if found:
        return found[1] + (found[3] or "") if found[2] in DATED else None
    found = re.fullmatch(r"/crm/(v\d)/(\w+)(/.*)?", path)
    wanted = "v4" if found and found[2] == "associations" else "v3"
    return found[2] + (found[3] or "") if found and found[1] == wanted else None


def numbered(body: Any) -> Any:
    """An answer as v3 and v4 give it: without empty values, and with numbers for the ids of associated objects."""
    if isinstance(body, list):
        return [numbered(each) for each in body]
    if not isinstance(body, dict):
        return body
    made = {name: numbered(value) for name, value in body.items() if value is not None}
    return made | {name: int(made[name]) for name in ("toObjectId",) if name in made}


class HubSpotDouble:
    """The account behind HTTP. `limit` is (requests, seconds), `faults` the share of answers that fail."""

    def __init__(
        self, portal: Portal, *, limit: tuple[int, float] = (190, 10.0), faults: float = 0.0, seed: int = 1
    ) -> None:
        self.portal = portal
        self.limit, self.daily, self.faults = limit, 250_000, faults
        self.random = random.Random(seed)
        self.tokens = {"pat-na1-secret"}
        self.refresh_tokens = {"refresh-1"}
        self.turn = 1
        self.scopes = EVERY_SCOPE
        self.token_uses: int | None = None
        self.token_life = 40
        self.versions_gone: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.churn: Callable[[int], None] = lambda number: None
        self._sent: deque[float] = deque()
        self._searched: deque[float] = deque()
        self._guard = threading.Lock()

    def __call__(self, environ: dict, start_response: Any) -> Any:
        request = Request(environ)
        if request.path.startswith("/_admin/"):
            return Response(json.dumps(self.state()), mimetype="application/json")(environ, start_response)
        response = self._faulty(request) if self.faults else self._response(request)
        self.statuses[response.status_code] += 1
        return response(environ, start_response)

    def state(self) -> dict:
        return {
            "requests": sum(self.counts.values()),
            "by_path": dict(self.counts),
            "statuses": dict(self.statuses),
            "objects": {**{kind: len(self.portal.alive(kind)) for kind in KINDS}, "owners": len(self.portal.owners)},
            "writes": dict(self.portal.writes),
            "property_writes": self.portal.property_writes,
        }

    def _faulty(self, request: Request) -> Response:
        """Let a share of the answers fail, half of them after the work was done."""
        if self.random.random() >= self.faults:
            return self._response(request)
        kind = self.random.choice(("502", "503", "429", "reset", "truncated", "html"))
        if kind == "429":
            return self._refused(Refused(429, "RATE_LIMITS", "You have reached your limit.", policyName="SECONDLY"))
        done = kind == "truncated" or self.random.random() < 0.5
        response = self._response(request) if done else Response()
        if kind == "reset":
            broken(request.environ)
        if kind == "truncated":
            return Response(half(response.get_data()), response.status_code)
        return Response(HTML, int(kind) if kind.isdigit() else 200, mimetype="text/html")

    def _response(self, request: Request) -> Response:
        with self.portal.lock:
            self.counts[f"{request.method} {request.path}"] += 1
            self.churn(sum(self.counts.values()))
            try:
                status, body = self._answer(request)
            except Refused as error:
                return self._refused(error)
        if "/v3/" in request.path or "/v4/" in request.path:
            body = numbered(body)
        headers = {} if request.path.endswith("/search") else self._headers()
        data = "" if body is None else json.dumps(body)
        return Response(data, status, headers, mimetype="application/json")

    def _refused(self, error: Refused) -> Response:
        return Response(json.dumps(error.body), error.status, error.headers, mimetype="application/json")

    def _headers(self) -> dict[str, str]:
        return {
            "X-HubSpot-RateLimit-Max": str(self.limit[0]),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(round(self.limit[1] * 1000)),
            "X-HubSpot-RateLimit-Remaining": str(self.limit[0] - len(self._sent)),
            "X-HubSpot-RateLimit-Daily": str(self.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily - sum(self.counts.values())),
        }

    def _answer(self, request: Request) -> tuple[int, Any]:
        path = request.path.rstrip("/")
        version = re.search(r"/(20\d\d-\d\d|v\d)(/|$)", path)
        if version and version[1] in self.versions_gone:
            raise Refused(404, "NOT_FOUND", "resource not found")
        if re.fullmatch(r"/oauth/(2026-\d\d/token|v1/token)", path):
            return self._token(request)
        self._allow(request)
        self._rated(path.endswith("/search"))
        if re.fullmatch(r"/account-info/(2026-\d\d|v3)/details", path):
            return 200, DETAILS
        if re.fullmatch(r"/account-info/(2026-\d\d|v3)/api-usage/daily/private-apps", path):
            return 200, {"results": [self._usage()]}
        named = dated(path)
        for method, pattern, handler, right in ROUTES:
            found = re.fullmatch(pattern, named or "")
            if found and request.method == method:
                query = parse_qs(request.query_string.decode())
                self._scoped(right, [*found.groups()[:2], *api.csv(query, "associations")])
                body = json.loads(request.get_data()) if request.method in {"POST", "PATCH"} else None
                return handler(self.portal, query, body, *found.groups())
        raise Refused(404, "NOT_FOUND", "resource not found")

    def _allow(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            message = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
            raise Refused(401, "INVALID_AUTHENTICATION", message)
        if token == f"access-{self.turn}":
            self.refresh_tokens = {f"refresh-{self.turn}"}
        if self.token_uses is not None:
            self.token_uses -= 1
            if self.token_uses < 0:
                self.tokens.discard(token)
                raise Refused(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")

    def _scoped(self, right: str, named: Sequence[str]) -> None:
        """What is asked for by name, associations too, needs the right of its kind."""
        fixed = {"owners": "crm.objects.owners.read", "schema": "crm.schemas.contacts.write"}
        kinds = [kind for kind in named if kind in SCOPES] or ["contacts"]
        needed = {fixed[right]} if right in fixed else {SCOPES[kind].format(right) for kind in kinds}
        if missing := sorted(needed - self.scopes):
            raise Refused(
                403,
                "MISSING_SCOPES",
                "This app hasn't been granted all required scopes to make this call.",
                errors=[
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredGranularScopes": missing},
                    }
                ],
            )

    def _rated(self, searching: bool) -> None:
        sent, (most, seconds) = (self._searched, (5, 1.0)) if searching else (self._sent, self.limit)
        now = time.monotonic()
        while sent and now - sent[0] >= seconds:
            sent.popleft()
        if len(sent) >= most:
            policy = "SECONDLY" if searching else "TEN_SECONDLY_ROLLING"
            raise Refused(
                429,
                "RATE_LIMITS",
                f"You have reached your {policy.lower()} limit.",
                errorType="RATE_LIMIT",
                policyName=policy,
            )
        sent.append(now)

    def _token(self, request: Request) -> tuple[int, dict]:
        """Each answer brings another refresh token; the old one ends when the new access token is first used."""
        refresh, secret = request.form.get("refresh_token"), request.form.get("client_secret")
        if refresh not in self.refresh_tokens or secret != "client-secret":
            raise Refused(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token", error="invalid_grant")
        self.turn += 1
        self.refresh_tokens.add(f"refresh-{self.turn}")
        self.tokens = {f"access-{self.turn}"}
        if self.token_uses is not None:
            self.token_uses = self.token_life
        return 200, {
            "token_type": "bearer",
            "token_use": "access_token",
            "access_token": f"access-{self.turn}",
            "refresh_token": f"refresh-{self.turn}",
            "expires_in": 1800,
        }

    def _usage(self) -> dict:
        return {
            "name": "api-calls-daily",
            "usageLimit": self.daily,
            "currentUsage": sum(self.counts.values()),
            "collectedAt": iso(now_ms()),
            "fetchStatus": "SUCCESS",
        }


DETAILS = {
    "portalId": PORTAL_ID,
    "accountType": "STANDARD",
    "timeZone": "Europe/Berlin",
    "companyCurrency": "EUR",
    "additionalCurrencies": [],
    "utcOffset": "+01:00",
    "utcOffsetMilliseconds": 3_600_000,
    "uiDomain": "app-eu1.hubspot.com",
    "dataHostingLocation": "eu1",
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--contacts", type=int, default=1000)
    asked.add_argument("--activities", type=int, default=5)
    asked.add_argument("--lag", type=float, default=0.0, help="seconds by which the search index is late")
    asked.add_argument("--limit", type=int, default=190, help="requests in ten seconds")
    asked.add_argument("--faults", type=float, default=0.0, help="share of answers that fail")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    portal = seeded(given.contacts, given.lag, given.activities)
    double = HubSpotDouble(portal, limit=(given.limit, 10.0), faults=given.faults, seed=given.seed)
    running = server(double, given.port)
    print(f"http://127.0.0.1:{running.port}", flush=True)
    running.serve_forever()


if __name__ == "__main__":
    main()
