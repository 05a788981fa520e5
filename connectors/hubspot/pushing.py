"""Writing our properties: a hundred contacts a call, each once, each with its own result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from connectors.hubspot.api import HubSpotApi, contexts
from connectors.hubspot.kinds import CONTACTS
from connectors.hubspot.objects import Objects
from connectors.hubspot.values import tags
from crm_ext.connector_api import TAG_KINDS, Outcome, Result, Row, batched, halved, looked_up, spread

BATCH = 100
WRITERS = 6
NUMBERS = re.compile(r"\d{5,}")
"""What may be the number of a contact in a sentence; shorter ones may be anything."""
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
    told: dict[str, Result] = {}
    strangers: set[str] = set()
    for each in answer["results"]:
        record = str(each["id"])
        asked = str(each.get("objectWriteTraceId") or record)
        if asked in ids and asked != record:
            told[asked] = moved(asked, {record})
        elif record in ids:
            told[record] = Result(record)
        else:
            strangers.add(record)
    for error in answer.get("errors") or ():
        missing = ids - told.keys()
        for one in named(error, missing) or (missing if len(missing) == 1 else ()):
            told[one] = Result(one, outcome(error), str(error.get("message") or error.get("category")))
    missing = ids - told.keys()
    if strangers and len(strangers) == len(missing):
        told |= {one: moved(one, strangers) for one in missing}
    return list(told.values())


def moved(asked: str, into: AbstractSet[str]) -> Result:
    where = ", ".join(sorted(into))
    return Result(asked, Outcome.GONE, f"The contact was merged and lives on under another id: {where}.")


def named(error: Mapping[str, Any], ids: AbstractSet[str]) -> AbstractSet[str]:
    """The rows that an error is about: its context names them, or else its message does."""
    values = {value for _, found in contexts(error) for value in found}
    return (values & ids) or (set(NUMBERS.findall(str(error.get("message")))) & ids)


def outcome(error: Mapping[str, Any]) -> Outcome:
    category, status = str(error.get("category")), str(error.get("status"))
    if category in GONE or status == "404":
        return Outcome.GONE
    passing = category in PASSING or status in {"423", "429"} or status.startswith("5")
    return Outcome.RETRY if passing else Outcome.PERMANENT
