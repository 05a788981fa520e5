"""The one way to talk HTTP to a CRM: session, timeouts, rate limit, one retry layer, errors by what happens next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any
from urllib.parse import urljoin

import orjson
import requests
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from urllib3.exceptions import NewConnectionError

from crm_ext import __version__
from crm_ext.connector_api.addresses import Outside
from crm_ext.connector_api.errors import ConnectorError, Gone, NeedsAttention, RetryLater, SkipRecord, Unsure
from crm_ext.connector_api.oauth import Refreshing
from crm_ext.connector_api.pace import Pace, Rates

OUTCOMES: Mapping[int, type[ConnectorError]] = {
    400: SkipRecord,
    401: NeedsAttention,
    402: NeedsAttention,
    403: NeedsAttention,
    404: Gone,
    408: Unsure,
    409: SkipRecord,
    410: Gone,
    413: SkipRecord,
    422: SkipRecord,
    423: RetryLater,
    425: RetryLater,
    429: RetryLater,
}
FIXES: Mapping[type[ConnectorError], str] = {
    NeedsAttention: "Check the connection's credentials and rights.",
}
ATTEMPTS = 6
LONGEST_WAIT = 120.0
BACKOFF: Callable[[RetryCallState], float] = wait_random_exponential(multiplier=0.5, max=30)
TIMEOUT = (10.0, 60.0)
SAID = 300
NO_CONTENT = 204
JSON_BODY = {"Content-Type": "application/json"}
POOL = 32
RENEWALS = 3
"""How often a request may find its token refused: side by side, others may use up a new one before it comes."""


class Bearer(AuthBase):
    """`Authorization: Bearer …`."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Api:
    """Requests to one CRM account.

    `rates` are (requests, seconds) pairs that are kept before a request is sent, by a pace that `pace` makes (the
    context's is shared with the other workers), `outcomes` maps a status to the error
    to raise where the common table does not fit. Every answer is JSON, or it is the CRM's fault and tried again.
    `seen` is called with every response, of whatever status. Threads may share an Api.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: AuthBase | None = None,
        rates: Rates = (),
        pace: Callable[..., Pace] = Pace,
        outcomes: Mapping[int, type[ConnectorError]] | None = None,
        headers: Mapping[str, str] | None = None,
        attempts: int = ATTEMPTS,
        timeout: tuple[float, float] = TIMEOUT,
        seen: Callable[[requests.Response], None] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        self.outcomes = {**OUTCOMES, **(outcomes or {})}
        self._sent = count(1)
        self.requests = 0
        self.timeout = timeout
        self.session = requests.Session()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, Outside(pool_maxsize=POOL))
        self.session.auth = auth
        self.session.headers.update({"User-Agent": f"crm-ext/{__version__}", "Accept": "application/json"})
        self.session.headers.update(headers or {})
        self._settle_environment()
        self._seen = seen
        self.pace = pace(rates)
        self._retrying = _retrying(attempts, lambda error: isinstance(error, RetryLater))
        self._writing = _retrying(
            attempts, lambda error: isinstance(error, RetryLater) and not isinstance(error, Unsure)
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.json("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.json("POST", path, **options)

    def json(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[requests.Response], Any] | None = None,
        lane: Pace | None = None,
        once: bool = False,
        json: Any = None,
        **options: Any,
    ) -> Any:
        """Send and return the decoded answer (None for one without content), or what `read` makes of the response.

        Retries what may pass by itself; raises RetryLater, NeedsAttention, SkipRecord or Gone. `json` is the body;
        `lane` is a pace of its own for what the CRM counts apart. With `once`, a request that the CRM may already
        have carried out is not sent again: Unsure is raised, and the caller looks.
        """
        if json is not None:
            options |= {"data": orjson.dumps(json), "headers": JSON_BODY | options.get("headers", {})}
        retrying = self._writing if once else self._retrying
        return retrying(self._once, method, path, read or decoded, lane or self.pace, options)

    def keep(self, rates: Rates) -> None:
        """Keep other rates from now on, as when the CRM tells of a larger allowance."""
        self.pace.keep(rates)

    def close(self) -> None:
        self.session.close()

    def _settle_environment(self) -> None:
        """Take proxies and certificates from the environment once: with every request it is a tenth of the work."""
        found = self.session.merge_environment_settings(self.base_url, {}, None, None, None)
        self.session.proxies, self.session.verify = found["proxies"], found["verify"]
        self.session.trust_env = False

    def _once(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], Any],
        lane: Pace,
        options: dict[str, Any],
    ) -> Any:
        url = urljoin(self.base_url, path.lstrip("/"))
        response = self._send(method, url, lane, options)
        for _ in range(RENEWALS):
            if response.status_code != 401 or "auth" in options or not self._renewed(response):
                break
            response = self._send(method, url, lane, options)
        self.raise_for_status(response)
        return read(response)

    def _send(self, method: str, url: str, lane: Pace, options: dict[str, Any]) -> requests.Response:
        try:
            with lane:
                self.requests = next(self._sent)
                response = self.session.request(method, url, timeout=self.timeout, **options)
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
        ) as error:
            raise NeedsAttention(f"{url} is not an address.", fix="Correct the connection's address.") from error
        except requests.exceptions.SSLError as error:
            raise NeedsAttention(f"{url} has no certificate that can be trusted.", detail=str(error)) from error
        except requests.RequestException as error:
            kind = RetryLater if _never_left(error) else Unsure
            raise kind(f"{url} could not be reached.", detail=str(error)[:SAID]) from error
        if self._seen:
            self._seen(response)
        return response

    def _renewed(self, response: requests.Response) -> bool:
        """Whether the token that was refused could be replaced."""
        auth = self.session.auth
        refused = response.request.headers.get("Authorization") or ""
        return isinstance(auth, Refreshing) and auth.renew(str(refused).removeprefix("Bearer "))

    def raise_for_status(self, response: requests.Response) -> None:
        """Raise what `outcomes` says of the status; a connector extends that table or this method."""
        status = response.status_code
        if status < 400:
            return
        kind = self.outcomes.get(status, Unsure if status >= 500 else NeedsAttention)
        message = f"{response.request.method} {response.url} was answered with {status}."
        fix, detail = self.fix(kind, response), self.words(response)
        if issubclass(kind, RetryLater):
            raise kind(message, fix=fix, detail=detail, after=self.wait(response))
        raise kind(message, fix=fix, detail=detail)

    # How this CRM talks; a connector's subclass knows better.

    def words(self, response: requests.Response) -> str:
        """The provider's own words about an error, as a line."""
        return said(response)

    def fix(self, kind: type[ConnectorError], response: requests.Response) -> str:
        return FIXES.get(kind, "")

    def wait(self, response: requests.Response) -> float | None:
        """Seconds after which to ask again, if the CRM says."""
        return retry_after(response)


def _never_left(error: requests.RequestException) -> bool:
    """Whether no connection came about, so that the CRM cannot have seen the request."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError)


def decoded(response: requests.Response) -> Any:
    """The JSON of an answer; anything else, a page or half a document, is a fault that may pass."""
    if response.status_code == NO_CONTENT:
        return None
    try:
        return orjson.loads(response.content)
    except ValueError as error:
        message = f"{response.url} did not answer with JSON."
        raise Unsure(message, detail=said(response)) from error


def said(response: requests.Response) -> str:
    """The provider's own words, cut to what a line can show."""
    return " ".join(response.text.split())[:SAID]


def retry_after(response: requests.Response) -> float | None:
    """Seconds that the CRM asks us to wait: `Retry-After` holds seconds or a date."""
    value = response.headers.get("Retry-After", "")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _retrying(attempts: int, retried: Callable[[BaseException], bool]) -> Retrying:
    return Retrying(retry=retry_if_exception(retried), stop=stop_after_attempt(attempts), wait=_wait, reraise=True)


def _wait(state: RetryCallState) -> float:
    """As long as the CRM asks for, else a random time that doubles; a longer wait than we sit out ends the call."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.after if isinstance(error, RetryLater) else None
    if asked is None:
        return BACKOFF(state)
    if asked > LONGEST_WAIT and isinstance(error, RetryLater):
        raise error
    return asked
