"""What the connection may do: who it is, each right by itself, and whether our fields stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.espocrm.api import WHO, EspoApi
from connectors.espocrm.kinds import CONTACTS, NOTES, EntityKind
from connectors.espocrm.ours import missing, places
from crm_ext.connector_api import TAG_KINDS, ConnectorError, Finding, Level

PARTLY = ("own", "team")
TESTED = ("9.2",)
ROLE = "In EspoCRM: Administration → Roles → the API user's role → {entity} → {right}: all."
Raw = Mapping[str, Any]


class Checks:
    """Looks at one EspoCRM; nothing is written."""

    def __init__(self, api: EspoApi, kinds: Sequence[EntityKind], people: Sequence[EntityKind]) -> None:
        self._api = api
        self._kinds = kinds
        self._people = people

    def findings(self) -> list[Finding]:
        """Who we are; nothing else is tried where that fails, for EspoCRM shuts out who knocks too often."""
        try:
            who = self._api.get(WHO)
            if not isinstance(who, dict) or "user" not in who:
                return [Finding("signed in", Level.FAIL, "This is no EspoCRM.", "Correct base_url.")]
        except ConnectorError as error:
            return [Finding("signed in", Level.FAIL, str(error), error.fix or "Check the address and try again later.")]
        return [self._signed_in(who), self._pages(), *self._rights(who.get("acl") or {})]

    def _signed_in(self, who: Raw) -> Finding:
        user, version = who["user"], str((who.get("settings") or {}).get("version") or "")
        told = f"{user.get('userName')} ({user.get('type') or 'user'})" + (f", EspoCRM {version}" if version else "")
        if user.get("type") not in ("api", None):
            fix = "Make an API user with a role of its own; a person's key may do more than it should."
            return Finding("signed in", Level.WARN, told, fix)
        return Finding("signed in", Level.PASS, told)

    def _pages(self) -> Finding:
        """Whether EspoCRM gives as many rows at once as we ask for: of more, it gives none."""
        asked, name = self._api.page_size, "page size"
        try:
            told = self._api.get("Settings")
            most = int(told["recordListMaxSizeLimit"])
        except (ConnectorError, KeyError, TypeError, ValueError):
            return Finding(name, Level.PASS, f"{asked} rows at once; EspoCRM does not tell its limit")
        if asked > most:
            return Finding(
                name, Level.FAIL, f"{asked} rows at once, but EspoCRM gives {most}", f"Set page_size to {most}."
            )
        return Finding(name, Level.PASS, f"{asked} rows at once, of {most} that EspoCRM gives")

    def _rights(self, acl: Raw) -> Iterator[Finding]:
        table = acl.get("table") or {}
        for kind in self._kinds:
            yield self._readable(kind, table.get(kind.name))
        for kind in self._people:
            yield self._writable(kind, table.get(kind.name))
        yield mass_update(acl)
        for kind in self._people:
            yield self._fields(kind, (acl.get("fieldTable") or {}).get(kind.name) or {})

    def _readable(self, kind: EntityKind, right: Any) -> Finding:
        """Read one row; then see whether the role shows all of them."""
        name, level = f"read {kind.name}", Level.FAIL if kind is CONTACTS else Level.WARN
        fix = ROLE.format(entity=kind.name, right="Read")
        try:
            self._api.listed(kind.name, ("id",), kind.where, size=1)
        except ConnectorError as error:
            if kind is NOTES:
                fix = "Set stream_notes to each, to read every contact's stream by itself, or to off."
            return Finding(name, level, error.detail or error.message, fix)
        if level_of(right, "read") in PARTLY:
            return Finding(name, Level.WARN, f"only the API user's {level_of(right, 'read')} records", fix)
        return Finding(name, Level.PASS, "allowed")

    def _writable(self, kind: EntityKind, right: Any) -> Finding:
        name, fix = f"edit {kind.name}", ROLE.format(entity=kind.name, right="Edit")
        allowed = level_of(right, "edit")
        if allowed == "no":
            level = Level.FAIL if kind is CONTACTS else Level.WARN
            return Finding(name, level, "The role does not allow it.", fix)
        if allowed in PARTLY:
            return Finding(name, Level.WARN, f"only the API user's {allowed} records", fix)
        return Finding(name, Level.PASS, "allowed")

    def _fields(self, kind: EntityKind, rights: Raw) -> Finding:
        """Whether our fields stand, and the role lets us write each."""
        name = f"fields of {kind.name}"
        try:
            fields = self._api.metadata(f"entityDefs.{kind.name}.fields") or {}
        except ConnectorError as error:
            return Finding(name, Level.WARN, error.detail or error.message, error.fix or "Check again later.")
        if absent := missing(fields, tuple(TAG_KINDS)):
            return Finding(name, Level.WARN, f"missing: {', '.join(absent)}", "Run `crm-ext connection prepare`.")
        barred = [each for each in places(fields).values() if (rights.get(each) or {}).get("edit") == "no"]
        if barred:
            fix = f"Allow to edit them in the role's field level: {kind.name}."
            return Finding(name, Level.FAIL, f"the role does not allow to edit {', '.join(barred)}", fix)
        return Finding(name, Level.PASS, f"all {len(TAG_KINDS)} of ours")


def mass_update(acl: Raw) -> Finding:
    if acl.get("massUpdatePermission") == "yes":
        return Finding("mass update", Level.PASS, "allowed")
    fix = "In the role, set Mass Update Permission to yes: contacts with the same values are then written together."
    return Finding("mass update", Level.WARN, "not allowed: every contact is written by itself", fix)


def level_of(right: Any, action: str) -> str:
    """all, team, own, no, or nothing where EspoCRM does not tell."""
    if isinstance(right, dict):
        return str(right.get(action) or "no")
    return "no" if right is False else ""
