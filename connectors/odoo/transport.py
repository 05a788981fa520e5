"""How Odoo is called: JSON-2 from version 19 on, JSON-RPC before. The rest of the connector does not know which."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import requests

from connectors.odoo.errors import SignInRefused, WrongDatabase, named
from connectors.odoo.http import OdooApi, document
from crm_ext.connector_api import Bearer, ConnectorError, Unsure

SIGN_IN = {"psycopg2.OperationalError": WrongDatabase, "builtins.KeyError": WrongDatabase}
"""What errors mean before anybody is signed in: there is no such database."""

POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "create": ("vals_list",),
    "write": ("vals",),
    "load": ("fields", "data"),
    "search": ("domain",),
    "search_count": ("domain",),
    "search_read": ("domain",),
}
"""Arguments that stand in the order of the method in JSON-RPC; all others go by name, as in JSON-2."""


class Transport(ABC):
    """Calls methods of models in one database as one user."""

    name: ClassVar[str]

    def __init__(self, api: OdooApi, config: Mapping[str, Any]) -> None:
        self.api = api
        self.database, self.login, self.key = config["database"], config["login"], config["api_key"]

    @abstractmethod
    def call(
        self, model: str, method: str, ids: Sequence[int] | None, arguments: Mapping[str, Any], *, once: bool
    ) -> Any:
        """The method's result. `ids` for methods of records, None for those of the model; see `Api.json` for `once`."""

    @abstractmethod
    def user(self) -> int:
        """The number of the user that we are. Raises SignInRefused."""


class Json2(Transport):
    """https://www.odoo.com/documentation/19.0/developer/reference/external_api.html"""

    name = "JSON-2"

    def __init__(self, api: OdooApi, config: Mapping[str, Any]) -> None:
        super().__init__(api, config)
        api.session.auth = Bearer(self.key)
        api.session.headers["X-Odoo-Database"] = self.database

    def call(
        self, model: str, method: str, ids: Sequence[int] | None, arguments: Mapping[str, Any], *, once: bool
    ) -> Any:
        body = dict(arguments) if ids is None else {"ids": list(ids), **arguments}
        return self.api.ask(f"json/2/{model}/{method}", body, once=once)

    def user(self) -> int:
        return int(self.call("res.users", "context_get", None, {}, once=False)["uid"])


class JsonRpc(Transport):
    """https://www.odoo.com/documentation/18.0/developer/reference/external_api.html"""

    name = "JSON-RPC"

    def __init__(self, api: OdooApi, config: Mapping[str, Any]) -> None:
        super().__init__(api, config)
        self._user = int(config["uid"])
        self._fresh = False

    def call(
        self, model: str, method: str, ids: Sequence[int] | None, arguments: Mapping[str, Any], *, once: bool
    ) -> Any:
        leading = [name for name in POSITIONAL.get(method, ()) if name in arguments]
        args = [*([] if ids is None else [list(ids)]), *(arguments[name] for name in leading)]
        named_ones = {name: value for name, value in arguments.items() if name not in leading}
        what = f"{model}.{method}"
        for _ in range(2):
            asked = [self.database, self._user or self.user(), self.key, model, method, args, named_ones]
            try:
                return self._rpc("object", "execute_kw", asked, what, once=once)
            except SignInRefused:
                if self._fresh:
                    raise
                self._user = 0
        raise SignInRefused(f"Odoo refuses {what}.")

    def user(self) -> int:
        """Sign in: the user's number goes with every call."""
        answer = self._rpc("common", "authenticate", [self.database, self.login, self.key, {}], "the sign-in")
        if not answer:
            raise SignInRefused(f"Odoo refuses the sign-in of {self.login!r}.")
        self._user, self._fresh = int(answer), True
        return self._user

    def version(self) -> Sequence[Any]:
        """What `common.version` tells without a sign-in: [18, 0, 0, "final", 0, ""]."""
        told = self._rpc("common", "version", [], "its version")
        return list(told["server_version_info"])

    def _rpc(self, service: str, method: str, args: Sequence[Any], what: str, *, once: bool = False) -> Any:
        def read(response: requests.Response) -> Any:
            return result(what, response, SIGN_IN if service == "common" else {})

        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        return self.api.ask("jsonrpc", body, once=once, read=read)


def result(what: str, response: requests.Response, kinds: Mapping[str, type[ConnectorError]]) -> Any:
    """The result in an answer of 200; errors come as such, too. A method that returns None has no result in it."""
    answer = document(response)
    if not isinstance(answer, dict) or "jsonrpc" not in answer:
        raise Unsure(f"{response.url} did not answer as JSON-RPC.")
    if error := answer.get("error"):
        data = error.get("data") or {}
        words = str(data.get("message") or error.get("message") or "")
        raise named(what, str(data.get("name", "")), words, kinds=kinds)
    return answer.get("result")


TRANSPORTS: Sequence[tuple[int, type[Transport]]] = ((19, Json2), (0, JsonRpc))
"""From which version on each is used, the newest first."""
