"""One database of one Odoo: which version it is, how it is called, and reading by domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from threading import RLock
from typing import Any

import requests

from connectors.odoo.errors import Absent, BadField, Forbidden
from connectors.odoo.http import OdooApi, told
from connectors.odoo.transport import TRANSPORTS, JsonRpc, Transport
from crm_ext.connector_api import ConnectorError, Context, NeedsAttention, SkipRecord, pages

Row = Mapping[str, Any]
Domain = Sequence[Any]
Term = tuple[str, str, Any]

EVERYTHING = {"active_test": False}
"""Without this context, Odoo leaves archived records out and says nothing."""
NEWER: Mapping[str, int] = {"won_status": 19}
"""Fields by the version that brought them."""
NEWEST = 1000
"""A version that is not known is taken for this one."""


class Server:
    """Calls models' methods; the transport is chosen with the first call, by the version that was found."""

    def __init__(self, config: Mapping[str, Any], context: Context | None = None) -> None:
        self.config = config
        self.api = OdooApi(config, context or Context())
        self.version = str(config["version"])
        self.absent = frozenset(filter(None, str(config["absent"]).split(",")))
        self._transport: Transport | None = None
        self._lock = RLock()
        self._fields: dict[str, frozenset[str]] = {}

    @property
    def now(self) -> datetime:
        return self.api.now

    def sample(self, model: str, domain: Domain, fields: Sequence[str], limit: int) -> list[Row]:
        """The newest rows."""
        asked = {"domain": list(domain), "fields": list(fields), "limit": limit, "order": "id desc"}
        return list(self._reading(model, "search_read", **asked, context=EVERYTHING))

    @property
    def known_major(self) -> int:
        """The version that the check found; asks for it if there was none."""
        self.ready()
        return self.major

    @property
    def major(self) -> int:
        number = self.version.partition(".")[0].rpartition("~")[2].rpartition("-")[2]
        return int(number) if number.isdecimal() else NEWEST

    @property
    def transport(self) -> Transport:
        return self._kind()

    def _kind(self) -> Transport:
        with self._lock:
            if self._transport is None:
                self.version = self.version or self._asked()
                kind = next(kind for first, kind in TRANSPORTS if self.major >= first)
                self._transport = kind(self.api, self.config)
            return self._transport

    def ready(self) -> None:
        """Choose the transport, if that was not done."""
        self._kind()

    def detect(self) -> None:
        """Ask for the version anew: the server may have been upgraded."""
        with self._lock:
            self.version, self._transport = self._asked(), None

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, *, once: bool = False, **arguments: Any
    ) -> Any:
        return self.transport.call(model, method, ids, arguments, once=once)

    def read(
        self, model: str, domain: Domain, fields: Sequence[str], limit: int | None = None, *, archived: bool = True
    ) -> list[Row]:
        """Rows by id, without the fields that are not there for us.

        Raises Unreadable for what may not be read, Absent for a model that is not there.
        """
        self.ready()
        known = self._fields.get(model)
        asked = [name for name in fields if (known is None or name in known) and NEWER.get(name, 0) <= self.major]
        options: dict[str, Any] = {"order": "id"} | ({"limit": limit} if limit else {})
        options |= {"context": EVERYTHING} if archived else {}
        try:
            rows: list[Row] = self.call(model, "search_read", domain=list(domain), fields=asked, **options)
        except (BadField, Forbidden) as error:
            if self._learned(model, asked):
                return self.read(model, domain, fields, limit, archived=archived)
            raise self._unreadable(model, error) from error
        except SkipRecord as error:
            raise self._unreadable(model, error) from error
        return rows

    def walk(
        self,
        fetch: Callable[[Term, int], list[Any]],
        size: int,
        after: int = 0,
        *,
        gaps: bool = False,
    ) -> Iterator[tuple[list[Any], bool]]:
        """Pages of `size` in order of id, each with whether it is the last.

        `fetch` gets the term that begins a page, and asks for one row more than a page has: whether it is there tells
        if another page follows. With `gaps` a short page does not mean the end, only an empty one does.
        """

        def page(last: int | None) -> tuple[list[Any], int | None]:
            found = fetch(("id", ">", last or 0), size + 1)
            more = len(found) > size or (gaps and found)
            here = found[:size]
            return here, number(here[-1]) if more else None

        for found, cursor in pages(page, after):
            yield list(found), cursor is None

    def ids(self, model: str, domain: Domain, limit: int, *, archived: bool, order: str = "id") -> list[int]:
        options: dict[str, Any] = {"context": EVERYTHING} if archived else {}
        found = self._reading(model, "search", domain=list(domain), order=order, limit=limit, **options)
        return list(found)

    def count(self, model: str, domain: Domain, *, archived: bool) -> int:
        options: dict[str, Any] = {"context": EVERYTHING} if archived else {}
        return int(self._reading(model, "search_count", domain=list(domain), **options))

    def fields(self, model: str, attributes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The fields that this user may see."""
        found: dict[str, dict[str, Any]] = self._reading(model, "fields_get", attributes=list(attributes))
        self._fields[model] = frozenset(found)
        return found

    def forget_fields(self, model: str) -> None:
        self._fields.pop(model, None)

    def _reading(self, model: str, method: str, **arguments: Any) -> Any:
        try:
            return self.call(model, method, **arguments)
        except SkipRecord as error:
            raise self._unreadable(model, error) from error

    def _unreadable(self, model: str, error: ConnectorError) -> ConnectorError:
        """What a refused reading means: a model that is not installed, or one that cannot be read as it stands.

        Over JSON-RPC both are told by the same error; a model that is there tells its fields to everybody.
        """
        kind: type[ConnectorError] = Unreadable
        if not isinstance(error, Forbidden):
            try:
                self.call(model, "fields_get", attributes=["type"])
            except (SkipRecord, Absent):
                kind = Absent
        return kind(f"{model} cannot be read.", fix=error.fix, detail=error.detail)

    def _learned(self, model: str, fields: Sequence[str]) -> bool:
        """Whether some of the fields do not exist for us, or not any more: they are not asked for again."""
        return not set(fields) <= self.fields(model, ["type"]).keys()

    def _asked(self) -> str:
        """The version, for example "19.0". Odoo 18 has no /web/version, Odoo 20 may have no /jsonrpc."""
        with suppress(NeedsAttention, SkipRecord):
            found = self.api.get("web/version", read=version, allow_redirects=False)
            if found:
                return str(found)
        try:
            return ".".join(str(each) for each in JsonRpc(self.api, self.config).version()[:2])
        except SkipRecord as error:
            raise NeedsAttention(f"No Odoo answers at {self.config['base_url']}.", detail=error.detail) from error


def number(found: Any) -> int:
    """The id of a row, or an id."""
    return int(found["id"] if isinstance(found, dict) else found)


class Unreadable(NeedsAttention):
    """A model that is there cannot be read: a right is missing, or Odoo fails at it."""


def version(response: requests.Response) -> str:
    """The version in an answer of /web/version, nothing if it is a page."""
    answer = told(response, "version_info")
    return ".".join(str(each) for each in answer["version_info"][:2]) if answer else ""
