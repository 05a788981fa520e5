"""EspoCRM's way with HTTP: how requests are signed, what its errors say, and what a list's answer must look like."""

from __future__ import annotations

import hmac
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from hashlib import sha256
from math import inf
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from requests import PreparedRequest, Response
from requests.auth import AuthBase, HTTPBasicAuth

from crm_ext.connector_api import Api, ConnectorError, NeedsAttention, RetryLater, Unsure, said

ROOT = "/api/v1"
PAGE = 200
"""Rows that a list gives at most, unless an admin allowed more."""
MORE, LAST = -1, -2
"""What `total` says where EspoCRM does not count: another page follows, or none."""
LOCKED = 61.0
"""Seconds for which EspoCRM shuts out an address after ten failed sign-ins."""
REASON = "X-Status-Reason"
WHO = "App/user"
TIMEOUT = (10.0, 120.0)
FIXES: Mapping[int, str] = {
    400: "See the field named, and its rules, in EspoCRM: Administration → Entity Manager.",
    401: "Give the connection the key of an active API user: in EspoCRM, Administration → API Users.",
    403: "Give the API user's role the right that is named, then check the connection again.",
    404: "Check the address; what is named may be switched off in EspoCRM.",
}
Where = Mapping[str, Any]
RawRow = Mapping[str, Any]


class Forbidden(NeedsAttention):
    """The API user's role lacks a right; what does not need it goes on."""


class ApiKey(AuthBase):
    """The key itself in a header or, with a secret key, a signature of the method and the path."""

    def __init__(self, key: str, secret: str = "") -> None:
        self._key, self._secret = key, secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if not self._secret:
            request.headers["X-Api-Key"] = self._key
            return request
        path = unquote(urlsplit(request.url or "").path.rpartition(ROOT)[2])
        digest = hmac.new(self._secret.encode(), f"{request.method} {path}".encode(), sha256).hexdigest()
        request.headers["X-Hmac-Authorization"] = b64encode(f"{self._key}:{digest}".encode()).decode()
        return request


class EspoApi(Api):
    """Requests to one EspoCRM, as an API user or, where `login` is given, as that person."""

    def __init__(self, settings: Mapping[str, Any], login: tuple[str, str] | None = None) -> None:
        self._ahead = inf
        self.page_size = int(settings["page_size"])
        site = str(settings["base_url"]).rstrip("/").removesuffix(ROOT)
        key = ApiKey(str(settings["api_key"]), str(settings["secret_key"]))
        super().__init__(
            site + ROOT,
            auth=HTTPBasicAuth(login[0].encode(), login[1].encode()) if login else key,
            outcomes={403: Forbidden},
            timeout=TIMEOUT,
            seen=self._learn,
        )

    def clock(self, ours: float) -> float:
        """EspoCRM's time at one of ours, or a little before it: its answers tell whole seconds."""
        return ours - (0.0 if self._ahead is inf else self._ahead)

    def listed(
        self,
        entity: str,
        select: Sequence[str],
        where: Sequence[Where] = (),
        order: str = "id",
        *,
        size: int | None = None,
    ) -> tuple[Sequence[RawRow], bool]:
        """A page of rows in rising order, and whether another one follows."""
        size = size or self.page_size
        search = {"where": list(where), "orderBy": order, "order": "ASC", "maxSize": size, "select": list(select)}
        asked = {"searchParams": orjson.dumps(search).decode()}
        answer = self.get(entity, params=asked, headers={"X-No-Total": "true"}, read=page)
        rows, total = answer["list"], answer["total"]
        return rows, total == MORE or (total >= 0 and len(rows) >= size)

    def count(self, entity: str, where: Sequence[Where]) -> int:
        """How many rows match; negative where EspoCRM does not count."""
        search = {"where": list(where), "maxSize": 0, "select": ["id"]}
        answer = self.get(entity, params={"searchParams": orjson.dumps(search).decode()}, read=page)
        return int(answer["total"])

    def metadata(self, key: str) -> Any:
        return self.get("Metadata", params={"key": key})

    def raise_for_status(self, response: Response) -> None:
        """As always, but for a 403 without a reason: the address may be shut out for a minute, good keys included."""
        silent = response.status_code == 403 and not response.headers.get(REASON) and not response.content
        if silent and self._shut_out(response):
            message = "EspoCRM shuts this address out for a minute, after failed sign-ins from it."
            raise RetryLater(message, fix="Find out who signs in from here with a wrong key.", after=LOCKED)
        super().raise_for_status(response)

    def words(self, response: Response) -> str:
        """EspoCRM's reason, from the header where it stands, and the field that a refused value belongs to."""
        if reason := response.headers.get(REASON):
            return reason.strip()
        return said(response) if "html" not in response.headers.get("Content-Type", "") else ""

    def fix(self, kind: type[ConnectorError], response: Response) -> str:
        return FIXES.get(response.status_code, "")

    def _shut_out(self, response: Response) -> bool:
        if urlsplit(response.url).path.endswith(WHO):
            return True
        asked = self._send("GET", self.base_url + WHO, self.pace, {})
        return asked.status_code == 403

    def _learn(self, response: Response) -> None:
        if date := response.headers.get("Date"):
            try:
                self._ahead = min(self._ahead, time.time() - parsedate_to_datetime(date).timestamp())
            except ValueError:
                return


def page(response: Response) -> Mapping[str, Any]:
    """A list as EspoCRM answers; raises Unsure for anything else."""
    try:
        answer = orjson.loads(response.content)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("list"), list) and isinstance(answer.get("total"), int):
        if answer["list"] or answer["total"] != MORE:
            return answer
        raise Unsure(f"{response.url} answered with an empty page, and says that more follow.")
    raise Unsure(f"{response.url} did not answer with a list.", detail=said(response))
