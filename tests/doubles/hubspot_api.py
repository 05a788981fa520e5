"""HubSpot's endpoints over a portal in memory: what the official documents describe, and nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tests.doubles.hubspot_portal import KINDS, TYPES, Portal, Thing, iso, modified_name, now_ms

MOST = 100
INLINE = 100
"""Associations that a list shows of one object before it is cut short."""
SEARCH_CAP = 10_000
OPERATORS: dict[str, Callable[[str, dict], bool]] = {
    "EQ": lambda value, each: value == each["value"],
    "GT": lambda value, each: number(value) > number(each["value"]),
    "GTE": lambda value, each: number(value) >= number(each["value"]),
    "LT": lambda value, each: number(value) < number(each["value"]),
    "LTE": lambda value, each: number(value) <= number(each["value"]),
    "BETWEEN": lambda value, each: number(each["value"]) <= number(value) <= number(each["highValue"]),
    "IN": lambda value, each: value in each["values"],
}


class Refused(Exception):
    """An error as HubSpot answers it."""

    def __init__(self, status: int, category: str, message: str, headers: dict | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {
            "status": "error",
            "message": message,
            "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
            "category": category,
            **more,
        }


def number(value: str) -> float:
    """A number, or a time in ms."""
    try:
        return float(value)
    except ValueError:
        return datetime.fromisoformat(value).timestamp() * 1000


def standard_error(category: str, message: str, context: dict[str, list[str]]) -> dict:
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "errors": [],
        "links": {},
    }


def batch(results: list, errors: list | None = None) -> tuple[int, dict]:
    body = {"status": "COMPLETE", "results": results, "startedAt": iso(now_ms()), "completedAt": iso(now_ms())}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return (207 if errors else 200), body


def shown(thing: Thing, names: Sequence[str], properties: dict | None = None, updated: int | None = None) -> dict:
    given = thing.properties if properties is None else properties
    always = ["hs_object_id", modified_name(thing.kind)]
    body = {
        "id": str(thing.id),
        "properties": {name: given.get(name) for name in dict.fromkeys([*names, *always])},
        "createdAt": iso(thing.created),
        "updatedAt": iso(thing.updated if updated is None else updated),
        "archived": thing.archived is not None,
    }
    return body | ({"archivedAt": iso(thing.archived)} if thing.archived is not None else {})


def csv(query: dict, name: str) -> list[str]:
    return [each for value in query.get(name, []) for each in value.split(",") if each]


def first(query: dict, name: str, default: str) -> str:
    return query.get(name, [default])[0]


def kind_of(portal: Portal, kind: str) -> str:
    numbers = {number: name for name, (number, _) in KINDS.items()}
    kind = numbers.get(kind, kind)
    if kind not in KINDS:
        raise Refused(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {kind}")
    return kind


def list_objects(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    kind, limit = kind_of(portal, kind), int("".join(filter(str.isdigit, first(query, "limit", "10"))) or 10)
    if limit > MOST:
        raise Refused(400, "VALIDATION_ERROR", f"limit must be at most {MOST}")
    limit = min(limit, portal.most)
    archived, after = first(query, "archived", "false") == "true", int(first(query, "after", "0"))
    every = [each for each in portal.things[kind].values() if (each.archived is not None) == archived]
    there = sorted((each for each in every if each.id > after), key=lambda each: each.id)
    names, tos = csv(query, "properties"), csv(query, "associations")
    rows = [shown(each, names) | inline(each, tos) for each in there[:limit]]
    more = len(there) > limit
    after = str(there[limit - 1 - portal.overlap].id) if more else ""
    return 200, {"results": rows} | ({"paging": {"next": {"after": after}}} if more else {})


def inline(thing: Thing, tos: Sequence[str]) -> dict:
    found = {}
    for to in tos:
        links = thing.links.get(to, {})
        if not links:
            continue
        names = f"{KINDS[thing.kind][1]}_to_{KINDS[to][1]}"
        has_main = TYPES[thing.kind, to][1] is not None
        rows = []
        for other in sorted(links)[:INLINE]:
            if has_main and links[other]:
                rows.append({"id": str(other), "type": names})
            rows.append({"id": str(other), "type": f"{names}_unlabeled" if has_main else names})
        paging = {"paging": {"next": {"after": rows[-1]["id"]}}} if len(links) > INLINE else {}
        found[to] = {"results": rows} | paging
    return {"associations": found} if found else {}


def read_batch(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    kind = kind_of(portal, kind)
    ids = limited(body, 100)
    rows, missing = [], []
    for each in ids:
        thing = find(portal, kind, each["id"])
        if thing is None or (thing.archived is not None) != (first(query, "archived", "false") == "true"):
            missing.append(each["id"])
        else:
            rows.append(shown(thing, body["properties"]))
    portal.random.shuffle(rows)
    message = "Could not get some objects, they may be deleted or not exist. Check that ids are valid."
    return batch(rows, [standard_error("OBJECT_NOT_FOUND", message, {"ids": missing})] if missing else None)


def find(portal: Portal, kind: str, record: str) -> Thing | None:
    if not record.isdigit():
        return None
    found = int(record)
    return portal.things[kind].get(portal.merged[kind].get(found, found))


def limited(body: Any, most: int) -> list:
    if len(body["inputs"]) > most:
        raise Refused(400, "VALIDATION_ERROR", f"The maximum batch size is {most}.")
    return body["inputs"]


def search(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    kind, limit, after = kind_of(portal, kind), body["limit"], int(body["after"] or 0)
    if limit > 2 * MOST or len(json.dumps(body["filterGroups"])) > 3000:
        raise Refused(400, "VALIDATION_ERROR", "limit must be less than or equal to 200")
    if after + limit > SEARCH_CAP:
        raise Refused(400, "VALIDATION_ERROR", f"Paging stops at {SEARCH_CAP} results.")
    limit = min(limit, 2 * portal.most)
    at, found = now_ms(), []
    for thing in portal.things[kind].values():
        indexed = thing.shown(portal.lag, at)
        if indexed and thing.archived is None and any(matches(indexed, each) for each in body["filterGroups"]):
            found.append((thing, *indexed))
    name = body["sorts"][0].lstrip("-") if body["sorts"] else "hs_object_id"
    found.sort(
        key=lambda each: number(each[1].get(name) or "0"), reverse=bool(body["sorts"]) and body["sorts"][0][0] == "-"
    )
    rows = [shown(thing, body["properties"], properties, at) for thing, properties, at in found[after : after + limit]]
    more = len(found) > after + limit
    return 200, {"total": len(found), "results": rows} | (
        {"paging": {"next": {"after": str(after + limit)}}} if more else {}
    )


def matches(indexed: tuple[dict, int], group: dict) -> bool:
    properties = indexed[0]
    return all(
        properties.get(each["propertyName"]) is not None
        and OPERATORS[each["operator"]](properties[each["propertyName"]], each)
        for each in group["filters"]
    )


def update_batch(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    kind = kind_of(portal, kind)
    inputs = limited(body, 100)
    if len({each["id"] for each in inputs}) < len(inputs):
        raise Refused(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
    for each in inputs:
        problems = [bad for name, value in each["properties"].items() if (bad := invalid(portal, kind, name, value))]
        if each["id"].isdigit() and int(each["id"]) in portal.refused:
            problems.append(
                {"message": "favourite_colour is required", "code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY"}
            )
        if problems:
            raise Refused(
                400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(problems)}", errors=problems
            )
    results, errors = [], []
    for each in inputs:
        thing = find(portal, kind, each["id"])
        if thing is None or thing.archived is not None:
            errors.append(standard_error("OBJECT_NOT_FOUND", "No object found.", {"ids": [each["id"]]}))
        elif thing.id in portal.locked:
            trace = {"objectWriteTraceId": [each.get("objectWriteTraceId", "")]}
            errors.append(standard_error("CONFLICT", "The object is locked by a workflow.", trace))
        else:
            portal.change(kind, thing.id, each["properties"])
            portal.writes[str(thing.id)] += 1
            results.append(shown(thing, list(each["properties"])) | traced(each))
    portal.random.shuffle(results)
    return batch(results, errors)


def traced(each: dict) -> dict:
    return {"objectWriteTraceId": each["objectWriteTraceId"]} if each.get("objectWriteTraceId") else {}


def invalid(portal: Portal, kind: str, name: str, value: str) -> dict | None:
    known = portal.properties[kind].get(name)
    if known is None or known["archived"]:
        return {"message": f'Property "{name}" does not exist', "code": "PROPERTY_DOESNT_EXIST"}
    if known["type"] == "enumeration" and value:
        allowed = {option["value"] for option in known["options"]}
        chosen = value.split(";") if known["fieldType"] == "checkbox" else [value]
        if not set(chosen) <= allowed:
            return {
                "message": f"{value} was not one of the allowed options: {sorted(allowed)}",
                "code": "INVALID_OPTION",
            }
    if known["type"] == "number" and value and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return {"message": f"{value} was not a valid number.", "code": "INVALID_LONG"}
    if known["type"] == "date" and value and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return {"message": f"{value} was not a valid date.", "code": "INVALID_DATE"}
    return None


def read_associations(portal: Portal, query: dict, body: Any, kind: str, to: str) -> tuple[int, dict]:
    kind, to = kind_of(portal, kind), kind_of(portal, to)
    results, missing = [], []
    for each in limited(body, 1000):
        thing = find(portal, kind, each["id"])
        links = sorted(thing.links.get(to, {}).items()) if thing else []
        if not links:
            missing.append(each["id"])
            continue
        rest = [(other, main) for other, main in links if other > int(each.get("after", "0"))]
        page = rest[: 5 * INLINE]
        paging = {"paging": {"next": {"after": str(page[-1][0])}}} if len(rest) > len(page) else {}
        to_rows = [{"toObjectId": str(other), "associationTypes": labels(kind, to, main)} for other, main in page]
        results.append({"from": {"id": str(thing.id)}, "to": to_rows} | paging)
    message = f"No {to} is associated with {kind} in portal."
    return batch(results, [standard_error("OBJECT_NOT_FOUND", message, {"fromObjectId": missing})] if missing else None)


def labels(kind: str, to: str, main: bool) -> list[dict]:
    plain, primary = TYPES[kind, to]
    found = [{"category": "HUBSPOT_DEFINED", "typeId": plain}]
    return found + (
        [{"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"}] if main and primary else []
    )


def list_owners(portal: Portal, query: dict, body: Any) -> tuple[int, dict]:
    archived = first(query, "archived", "false") == "true"
    return 200, {"results": [each for each in portal.owners if each["archived"] == archived]}


STAGES = {
    "deals": (
        ("appointmentscheduled", "Appointment", {"isClosed": "false", "probability": "0.2"}),
        ("closedwon", "Won", {"isClosed": "true", "probability": "1.0"}),
        ("closedlost", "Lost", {"isClosed": "true", "probability": "0.0"}),
    ),
    "tickets": (("1", "New", {"ticketState": "OPEN"}), ("4", "Closed", {"ticketState": "CLOSED"})),
}


def list_pipelines(portal: Portal, query: dict, body: Any, kind: str) -> tuple[int, dict]:
    dated = {"createdAt": iso(0), "updatedAt": iso(0), "archived": False}
    stages = [
        {
            "id": name,
            "label": label,
            "metadata": told,
            "displayOrder": place,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }
        | dated
        for place, (name, label, told) in enumerate(STAGES[kind_of(portal, kind)])
    ]
    return 200, {"results": [{"id": "default", "label": "Pipeline", "displayOrder": 0, "stages": stages} | dated]}
