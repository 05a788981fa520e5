"""The properties endpoints of the HubSpot double."""

from __future__ import annotations

from typing import Any

from tests.doubles.hubspot_api import Refused, batch, first, kind_of
from tests.doubles.hubspot_portal import Portal, iso, now_ms


def list_properties(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    archived = first(query, "archived", "false") == "true"
    there = portal.properties[kind_of(portal, kind)].values()
    return 200, {"results": [each for each in there if each["archived"] == archived]}


def get_property(portal: Portal, query: dict, body: Any, kind: str, name: str) -> tuple[int, dict]:
    found = portal.properties[kind_of(portal, kind)].get(name)
    if found is None or found["archived"] != (first(query, "archived", "false") == "true"):
        raise Refused(404, "OBJECT_NOT_FOUND", f'Property "{name}" does not exist')
    return 200, found


def make_property(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    there, name = portal.properties[kind_of(portal, kind)], body["name"]
    if name in there and not (there[name]["archived"] and portal.revives):
        raise Refused(
            409,
            "OBJECT_ALREADY_EXISTS",
            f"A property named '{name}' already exists.",
            subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
        )
    if body["groupName"] not in portal.groups[kind]:
        raise Refused(400, "VALIDATION_ERROR", f"Property group {body['groupName']} does not exist")
    if body["type"] == "enumeration" and not body.get("options"):
        raise Refused(400, "VALIDATION_ERROR", "Enumerations need options")
    portal.property_writes += 1
    there[name] = {"description": "", "options": [], **body, "archived": False, "createdAt": iso(now_ms())}
    return 201, there[name]


def make_properties(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    return batch([make_property(portal, query, each, kind)[1] for each in body["inputs"]])


def change_property(portal: Portal, query: dict, body: Any, kind: str, name: str) -> tuple[int, dict]:
    found = get_property(portal, {}, None, kind, name)[1]
    portal.property_writes += 1
    found |= body
    return 200, found


def archive_property(portal: Portal, query: dict, body: Any, kind: str, name: str) -> tuple[int, None]:
    found = get_property(portal, {}, None, kind, name)[1]
    portal.property_writes += 1
    found |= {"archived": True, "archivedAt": iso(now_ms())}
    return 204, None


def get_group(portal: Portal, query: dict, body: Any, kind: str, name: str) -> tuple[int, dict]:
    found = portal.groups[kind_of(portal, kind)].get(name)
    if found is None:
        raise Refused(404, "OBJECT_NOT_FOUND", f"Group {name} does not exist")
    return 200, found


def make_group(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    groups = portal.groups[kind_of(portal, kind)]
    if body["name"] in groups:
        raise Refused(409, "OBJECT_ALREADY_EXISTS", f"A group named '{body['name']}' already exists.")
    portal.property_writes += 1
    groups[body["name"]] = {"archived": False, **body}
    return 201, groups[body["name"]]


def archive_group(portal: Portal, query: dict, body: Any, kind: str, name: str) -> tuple[int, None]:
    get_group(portal, {}, None, kind, name)
    there = portal.properties[kind].values()
    if any(each["groupName"] == name and not each["archived"] for each in there):
        raise Refused(
            400, "VALIDATION_ERROR", "The group has active properties", subCategory="GROUP_WITH_ACTIVE_PROPERTIES"
        )
    portal.property_writes += 1
    del portal.groups[kind][name]
    return 204, None
