"""Our own properties in the account, in a group of our own: made once, repaired where something is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot.api import HubSpotApi
from connectors.hubspot.kinds import BY_NAME, CONTACTS, of_stream
from connectors.hubspot.objects import PAGE, Objects
from crm_ext.connector_api import Field, Finding, Gone, Level, SkipRecord, Stream, TagKind, TagSpec

GROUP = "crm_ext"
GROUP_LABEL = "Relationship (crm-ext)"
TYPES: Mapping[TagKind, tuple[str, str]] = {
    TagKind.CHOICE: ("enumeration", "select"),
    TagKind.CHOICES: ("enumeration", "checkbox"),
    TagKind.NUMBER: ("number", "number"),
    TagKind.TEXT: ("string", "textarea"),
    TagKind.DATE: ("date", "date"),
}
RESTORE = "Restore it in HubSpot: Settings → Properties → Archived properties, then prepare again."
RENAME = "Somebody made a property of this name: rename or delete it in HubSpot, then prepare again."
Raw = Mapping[str, Any]


class Properties:
    """Properties of one account."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        there = {each["name"]: each for each in self._all(CONTACTS.name)}
        missing = [tag for tag in tags if tag.name not in there]
        made = self._made_together(missing) if missing else set()
        return [
            Finding(tag.name, Level.PASS, "made")
            if tag.name in made
            else self._repaired(tag, there[tag.name])
            if tag.name in there
            else self._made(tag)
            for tag in tags
        ]

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        """Archive our properties, then their group."""
        names = {tag.name for tag in tags} & {each["name"] for each in self._all(CONTACTS.name)}
        path = self._path()
        findings = [self._gone(name, f"{path}/{name}") for name in sorted(names)]
        return [*findings, self._gone(f"group {GROUP}", f"{path}/groups/{GROUP}")]

    def fields(self, stream: Stream) -> list[Field]:
        """The properties that a stream's kinds have, with the share of a hundred records that fill each."""
        found: dict[str, Field] = {}
        for kind in of_stream(stream):
            there = self._all(kind.name)
            fill = self._fill(kind.name, [each["name"] for each in there])
            for each in there:
                found.setdefault(each["name"], _field(stream, each, fill.get(each["name"])))
        return list(found.values())

    def _path(self) -> str:
        return self._api.path("properties", CONTACTS.name)

    def _all(self, kind: str) -> list[Raw]:
        return list(self._api.get(self._api.path("properties", kind))["results"])

    def _made_together(self, tags: Sequence[TagSpec]) -> set[str]:
        """Make the group and the properties in it at once; gives the names of those that HubSpot made."""
        self._posted("groups", {"name": GROUP, "label": GROUP_LABEL, "displayOrder": -1})
        made = self._posted("batch/create", {"inputs": [_body(tag) for tag in tags]}) or {}
        return {each["name"] for each in made.get("results", ())}

    def _made(self, tag: TagSpec) -> Finding:
        """Make one property by itself, so that its refusal has its reason."""
        try:
            self._api.post(self._path(), json=_body(tag))
        except SkipRecord as error:
            there = self._now(tag.name)
            if there and not there.get("archived"):
                return self._repaired(tag, there)
            return Finding(tag.name, Level.FAIL, str(error), RESTORE if there else error.fix or RENAME)
        return Finding(tag.name, Level.PASS, "made")

    def _now(self, name: str) -> Raw | None:
        """A property as it stands, archived or not."""
        for archived in ("false", "true"):
            try:
                return dict(self._api.get(f"{self._path()}/{name}", params={"archived": archived})) | (
                    {"archived": True} if archived == "true" else {}
                )
            except Gone:
                continue
        return None

    def _repaired(self, tag: TagSpec, there: Raw) -> Finding:
        """Add the options that are missing; those that others added stay."""
        if there["type"] != TYPES[tag.kind][0]:
            return Finding(tag.name, Level.FAIL, f"it is of type {there['type']}, not {TYPES[tag.kind][0]}", RENAME)
        stands = list(there.get("options") or ())
        values = {each["value"] for each in stands}
        added = [each for each in _options(tag) if each["value"] not in values]
        if not added:
            return Finding(tag.name, Level.PASS, "is there")
        whole = [_option(each, place) for place, each in enumerate([*stands, *added])]
        self._api.json("PATCH", f"{self._path()}/{tag.name}", json={"options": whole})
        return Finding(tag.name, Level.PASS, f"options added: {', '.join(each['value'] for each in added)}")

    def _posted(self, what: str, body: Raw) -> Raw | None:
        """What HubSpot made; None where it refused, which the single requests that follow will tell of."""
        try:
            return dict(self._api.post(f"{self._path()}/{what}", json=body))
        except SkipRecord:
            return None

    def _gone(self, name: str, path: str) -> Finding:
        try:
            self._api.json("DELETE", path)
        except Gone:
            return Finding(name, Level.PASS, "was not there")
        except SkipRecord as error:
            return Finding(name, Level.WARN, error.detail, "Remove it in HubSpot: Settings → Properties.")
        return Finding(name, Level.PASS, "archived")

    def _fill(self, kind: str, names: Sequence[str]) -> dict[str, float]:
        rows = self._api.get(self._api.path("objects", kind), params={"limit": PAGE})["results"]
        read = Objects(self._api).read(BY_NAME[kind], names, [str(r["id"]) for r in rows])
        full = [row["properties"] for _, found in read for row in found]
        return {name: sum(bool(each.get(name)) for each in full) / len(full) for name in names} if full else {}


def _body(tag: TagSpec) -> dict[str, Any]:
    kind, form = TYPES[tag.kind]
    body = {"name": tag.name, "label": tag.label, "groupName": GROUP, "type": kind, "fieldType": form}
    return body | {"formField": False} | ({"options": _options(tag)} if tag.options else {})


def _options(tag: TagSpec) -> list[dict[str, Any]]:
    return [_option({"value": value, "label": label}, place) for place, (value, label) in enumerate(tag.options)]


def _option(each: Raw, place: int) -> dict[str, Any]:
    described = {"description": each["description"]} if each.get("description") else {}
    plain = {"value": each["value"], "label": each["label"], "hidden": bool(each.get("hidden"))}
    return {**plain, "displayOrder": place, **described}


def _field(stream: Stream, each: Raw, fill: float | None) -> Field:
    options = tuple((str(option["value"]), str(option["label"])) for option in each.get("options") or ())
    return Field(stream, each["name"], each.get("label") or each["name"], each.get("type", "string"), fill, options)
