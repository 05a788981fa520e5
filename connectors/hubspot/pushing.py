"""Writing our properties: a hundred contacts a call, each once, each with its own result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.hubspot.api import HubSpotApi
from connectors.hubspot.kinds import CONTACTS
from connectors.hubspot.objects import Objects
from connectors.hubspot.values import tags
from crm_ext.connector_api import TAG_KINDS, Outcome, Result, Row, batched, halved, looked_up, spread

BATCH = 100
WRITERS = 3
DIGITS = re.compile(r"\d+")
GONE = frozenset({"OBJECT_NOT_FOUND", "NOT_FOUND"})
PASSING = frozenset({"RATE_LIMITS", "RATE_LIMIT", "TIMEOUT", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"})


class Writer:
    """Writes contacts' properties of one account."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api
        self._objects = Objects(api)

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        for results in spread(self._written, batched(rows, BATCH), WRITERS):
            yield from results

    def read(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Our properties by contact; one that is gone, or lives on under another id, is left out."""
        wanted = set(ids)
        return {
            str(row["id"]): tags(row["properties"])
            for _, rows in self._objects.read(CONTACTS, tuple(TAG_KINDS), ids)
            for row in rows
            if str(row["id"]) in wanted
        }

    def _written(self, rows: Sequence[Row]) -> list[Result]:
        return list(halved(rows, lambda part: looked_up(part, self._write, self.read)))

    def _write(self, rows: Sequence[Row]) -> list[Result]:
        inputs = [{"id": row.id, "properties": dict(row.values), "objectWriteTraceId": row.id} for row in rows]
        path = self._api.path("objects", CONTACTS.name, "batch", "update")
        return results(rows, self._api.post(path, json={"inputs": inputs}, once=True))


def results(rows: Sequence[Row], answer: Mapping[str, Any]) -> list[Result]:
    """What a batch's answer tells of its rows, by id and never by place; rows it does not tell of are left out."""
    ids = {row.id for row in rows}
    written = {str(each["id"]) for each in answer["results"]}
    told = {each: Result(each) for each in written & ids}
    for error in answer.get("errors") or ():
        for each in named(error, ids - told.keys()):
            told[each] = Result(each, outcome(error), str(error.get("message") or error.get("category")))
    strangers = written - ids
    missing = ids - told.keys()
    if strangers and len(strangers) == len(missing):
        elsewhere = f"The contact was merged and lives on under another id: {', '.join(sorted(strangers))}."
        told |= {each: Result(each, Outcome.GONE, elsewhere) for each in missing}
    return list(told.values())


def named(error: Mapping[str, Any], ids: Iterable[str]) -> set[str]:
    """The rows that an error is about: its context names them, or else its message does."""
    contexts = [error.get("context") or {}, *((each.get("context") or {}) for each in error.get("errors") or ())]
    values = {str(value) for each in contexts for found in each.values() for value in _listed(found)}
    wanted = set(ids)
    return (values & wanted) or (set(DIGITS.findall(str(error.get("message")))) & wanted)


def outcome(error: Mapping[str, Any]) -> Outcome:
    category, status = str(error.get("category")), str(error.get("status"))
    if category in GONE or status == "404":
        return Outcome.GONE
    passing = category in PASSING or status in {"423", "429"} or status.startswith("5")
    return Outcome.RETRY if passing else Outcome.PERMANENT


def _listed(found: Any) -> Sequence[Any]:
    return found if isinstance(found, list) else [found]
