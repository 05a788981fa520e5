"""What the connection may do: account, version, each right by itself, and the calls that are left today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.hubspot.api import Forbidden, HubSpotApi
from connectors.hubspot.kinds import of_stream
from connectors.hubspot.paths import LEGACY, VERSIONS, path
from crm_ext.connector_api import ConnectorError, Finding, Gone, Level, NeedsAttention, SkipRecord, Stream, spread

CHECKERS = 4
SCARCE = 0.1
"""Share of the day's calls below which a run may not come to its end."""


ACCOUNT: Mapping[str, str] = {"portal_id": "portalId", "ui_domain": "uiDomain"}
"""Settings that the account's details fill."""


@dataclass(frozen=True, slots=True)
class Right:
    """A right and the request that proves it; none of them writes anything. Without `needed` its absence warns."""

    name: str
    method: str
    area: str
    kind: str
    rest: tuple[str, ...] = ()
    needed: bool = False

    @property
    def options(self) -> dict[str, Any]:
        return {"json": {"inputs": []}} if self.method == "POST" else {"params": {"limit": 1}}


RIGHTS: tuple[Right, ...] = (
    Right("crm.objects.contacts.read", "GET", "objects", "contacts", needed=True),
    Right("crm.objects.contacts.write", "POST", "objects", "contacts", ("batch", "update"), needed=True),
    Right("crm.schemas.contacts.write", "POST", "properties", "contacts", ("batch", "create"), needed=True),
    Right("crm.objects.companies.read", "GET", "objects", "companies"),
    Right("crm.objects.deals.read", "GET", "objects", "deals"),
    Right("tickets", "GET", "objects", "tickets"),
    Right("crm.objects.owners.read", "GET", "owners", ""),
    *(Right(f"activities: {kind.name}", "GET", "objects", kind.name) for kind in of_stream(Stream.ACTIVITIES)),
)


class Checks:
    """Looks at one account. `save` keeps what was found out about it."""

    def __init__(self, api: HubSpotApi, save: Callable[[Mapping[str, Any]], None]) -> None:
        self._api = api
        self._save = save

    def findings(self) -> list[Finding]:
        try:
            found = Finding("account", Level.PASS, told(self.account()))
        except Forbidden as error:
            found = Finding("account", Level.WARN, error.detail or error.message, error.fix)
        except ConnectorError as error:
            return [Finding("account", Level.FAIL, str(error), error.fix or "Check the address and try again later.")]
        rights = list(spread(self._right, RIGHTS, CHECKERS))
        order = [right.name for right in RIGHTS]
        rights.sort(key=lambda finding: order.index(finding.name))
        return [found, self._version(), *rights, *self._quota()]

    def account(self) -> Mapping[str, Any]:
        """The account's details, by the newest version of the API that it answers to."""
        for version in dict.fromkeys([self._api.version, *VERSIONS]):
            try:
                details: Mapping[str, Any] = self._api.get(path(version, "details"))
            except Gone:
                continue
            self._api.version = version
            self._save({"api_version": version, **known(details)})
            return details
        raise NeedsAttention("HubSpot does not answer at this address.", fix="Correct base_url.")

    def _version(self) -> Finding:
        version = self._api.version
        if version == LEGACY:
            return Finding(
                "API version", Level.WARN, "v3 and v4, unsupported from September 2027", "Use dated paths soon."
            )
        return Finding("API version", Level.PASS, version)

    def _right(self, right: Right) -> Finding:
        try:
            self._api.json(right.method, self._api.path(right.area, right.kind, *right.rest), **right.options)
        except SkipRecord:
            return Finding(right.name, Level.PASS, "allowed")
        except ConnectorError as error:
            level = Level.FAIL if right.needed else Level.WARN
            fix = f"Add the scope {right.name} in HubSpot, then check again." if "." in right.name else error.fix
            return Finding(right.name, level, error.detail or error.message, fix or "Check again later.")
        return Finding(right.name, Level.PASS, "allowed")

    def _quota(self) -> Iterator[Finding]:
        left, allowed = self._api.daily or self._usage() or (0, 0)
        if not allowed:
            yield Finding("quota", Level.PASS, "HubSpot names no daily limit for this kind of app")
            return
        scarce = left < allowed * SCARCE
        fix = "Run at night, or raise the account's API limit." if scarce else ""
        yield Finding("quota", Level.WARN if scarce else Level.PASS, f"{left} of {allowed} calls left today", fix)

    def _usage(self) -> tuple[int, int] | None:
        try:
            rows = self._api.get(self._api.path("usage"))["results"]
        except ConnectorError:
            return None
        return min(((each["usageLimit"] - each["currentUsage"], each["usageLimit"]) for each in rows), default=None)


def known(details: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(details.get(theirs) or "") for name, theirs in ACCOUNT.items()}


def told(account: Mapping[str, Any]) -> str:
    names = ("accountType", "dataHostingLocation", "timeZone")
    return ", ".join([f"portal {account['portalId']}", *(str(account[name]) for name in names if account.get(name))])
