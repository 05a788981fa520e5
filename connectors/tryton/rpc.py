"""JSON-RPC as trytond speaks it: sessions, calls, errors in answers of 200, and its forms of dates and money."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import requests

from crm_ext.connector_api import Api, ConnectorError, NeedsAttention, RetryLater, SkipRecord, Unsure

Json = dict[str, Any]
PAUSE = 300.0
"""Seconds after which trytond forgets failed sign-ins (`session.timeout` of its configuration)."""


class SessionLost(NeedsAttention):
    """The session is unknown or has ended, or the login is refused."""


class Throttled(RetryLater):
    """Too many failed sign-ins; trytond does not say for how long, so the call ends and the run waits."""

    def __init__(self, message: str, *, fix: str = "", detail: str = "", after: float | None = None) -> None:
        fix = fix or "Wait five minutes; see whether another program signs in with an old password."
        super().__init__(message, fix=fix, detail=detail, after=PAUSE if after is None else after)


class WrongDatabase(NeedsAttention):
    """There is no such database at this address, or no Tryton."""

    def __init__(self, message: str, *, fix: str = "", detail: str = "") -> None:
        del detail  # a page that says no more
        fix = fix or "Check the address (without the database) and the database's name."
        super().__init__(message, fix=fix)


class UnknownModel(NeedsAttention):
    """The server has no such model or field: the module is not activated."""


ERRORS: Mapping[str, type[ConnectorError]] = {
    "UserError": SkipRecord,
    "UserWarning": SkipRecord,
    "ConcurrencyException": RetryLater,
}
UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
READING = frozenset({"search_read", "search", "search_count", "read", "fields_get"})
"""Methods that write nothing: if one of them is refused, it is a matter of rights and not of one record."""


class Rpc:
    """One user's session with one database; signs in when it must, and once more when the session has ended."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        outcomes = {401: SessionLost, 404: WrongDatabase, 429: Throttled}
        self.api = Api(config["base_url"], outcomes=outcomes, seen=self._clock)
        self.login, self._password = config["login"], config["password"]
        self.path = f"{quote(config['database'], safe='')}/rpc/"
        self.user_id: int | None = None
        self.now = datetime.now(UTC)

    def version(self) -> str:
        """The server's series, for example "8.2"."""
        return str(self._answer("common.server.version", [], path="rpc/"))

    def model(self, name: str, *params: Any, context: Json | None = None, once: bool = False) -> Any:
        """Call `model.<name>`: `model("party.party.read", [1], ["name"])`."""
        return self.call(f"model.{name}", *params, context or {}, once=once)

    def call(self, method: str, *params: Any, once: bool = False) -> Any:
        self.ready()
        try:
            return self._answer(method, params, once=once)
        except SessionLost:
            self.sign_in()
            return self._answer(method, params, once=once)

    def ready(self) -> None:
        """Sign in, if that has not been done; the server's time is known then."""
        if self.user_id is None:
            self.sign_in()

    def sign_in(self) -> None:
        """Begin a session; raises SessionLost where the login or password is refused."""
        self.api.session.headers.pop("Authorization", None)
        try:
            session = self._answer("common.db.login", [self.login, {"password": self._password}])
        except SessionLost as error:
            fix = "Check the connection's login and password."
            raise SessionLost(f"Tryton refuses the sign-in of {self.login!r}.", fix=fix) from error
        self.user_id, token = session[0], session[1]
        key = b64encode(f"{self.login}:{self.user_id}:{token}".encode()).decode()
        self.api.session.headers["Authorization"] = f"Session {key}"

    def _answer(self, method: str, params: Any, *, path: str = "", once: bool = False) -> Any:
        body = {"id": self.api.requests + 1, "method": method, "params": params}
        answer = self.api.post(path or self.path, json=body, once=once)
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise Unsure(f"{method} was not answered as trytond answers.", detail=str(answer)[:300])
        if error := answer.get("error"):
            raise named(method, error)
        return answer["result"]

    def _clock(self, response: requests.Response) -> None:
        if sent := response.headers.get("Date"):
            self.now = parsedate_to_datetime(sent)


def named(method: str, error: Any) -> ConnectorError:
    """An error in an answer, by what happens next. trytond gives [kind, [message, description, …]] or two strings."""
    kind, said = (error[0], error[1] if len(error) > 1 else "") if isinstance(error, list) else (str(error), "")
    words = ": ".join(str(each) for each in said[:2] if each) if isinstance(said, list) else str(said)
    found = ERRORS.get(kind)
    if found is SkipRecord and method.rpartition(".")[2] in READING:
        return NeedsAttention(f"Tryton refused {method}.", fix="Give the user a group that may read it.", detail=words)
    if found:
        return found(f"Tryton refused {method}.", detail=words)
    fix = "Check that the modules party and sale_opportunity are activated in this database."
    return UnknownModel(f"Tryton does not know what {method} asks for.", fix=fix, detail=f"{kind} {words}".strip())


def moment(value: Json | None) -> datetime | None:
    """A time of trytond's, which is in UTC without saying so."""
    if value is None:
        return None
    year, month, date_, hour, minute, second, micro = (int(value.get(name, 0)) for name in UNITS)
    return datetime(year, month, date_, hour, minute, second, micro, UTC)


def day(value: Json | None) -> datetime | None:
    """A date of trytond's, as the start of that day."""
    return None if value is None else datetime(value["year"], value["month"], value["day"], tzinfo=UTC)


def money(value: Json | None) -> Decimal | None:
    return None if value is None else Decimal(value["decimal"])


def wire(value: datetime) -> Json:
    """A time as trytond takes it."""
    return {"__class__": "datetime", **{name: getattr(value.astimezone(UTC), name) for name in UNITS}}


def text(value: Any) -> str:
    """Any value of a field as text; empty for none."""
    if isinstance(value, dict):
        kind = value.get("__class__")
        if kind == "datetime":
            return (moment(value) or datetime.now(UTC)).isoformat()
        if kind == "date":
            return date(value["year"], value["month"], value["day"]).isoformat()
        return str(value.get("decimal", ""))
    return "" if value is None else str(value)
