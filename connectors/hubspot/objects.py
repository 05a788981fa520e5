"""HubSpot's object endpoints: list, search, archive and batch read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.hubspot.api import Forbidden, HubSpotApi
from connectors.hubspot.kinds import ObjectKind
from connectors.hubspot.values import milliseconds
from crm_ext.connector_api import RetryLater, batched, pages

PAGE = 100
SEARCH_PAGE = 200
LONGEST_QUERY = 5000
"""Characters of property names in an address; more are asked for in the body of a batch read."""

RawRow = Mapping[str, Any]
Filters = list[dict[str, str]]


def modified(kind: ObjectKind, row: RawRow) -> int:
    """When a row was last modified, in ms."""
    return milliseconds(row["properties"].get(kind.modified) or row.get("updatedAt"))


class Objects:
    """Reads rows of one account. Lists of the kinds in `bare` come without associations, for want of a right."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api
        self.bare: set[str] = set()

    def listed(
        self, kind: ObjectKind, properties: Sequence[str], after: str | None
    ) -> Iterator[tuple[Sequence[RawRow], str | None]]:
        """Pages of all objects, in order of id, with associations; each with the cursor of the next one."""
        names = ",".join(properties)
        query: dict[str, Any] = {"limit": PAGE}
        if len(names) <= LONGEST_QUERY:
            query["properties"] = names
        if kind.to and kind.name not in self.bare:
            query["associations"] = ",".join(kind.to)
        for rows, cursor in pages(lambda cursor: self._page(kind, query, cursor), after):
            yield (rows if "properties" in query else self._filled(kind, properties, rows)), cursor

    def archived(self, kind: ObjectKind) -> Iterator[Sequence[RawRow]]:
        query: dict[str, Any] = {"limit": PAGE, "archived": "true"}
        for rows, _ in pages(lambda cursor: self._page(kind, query, cursor)):
            yield rows

    def found(
        self, kind: ObjectKind, properties: Sequence[str], filters: Filters, limit: int = SEARCH_PAGE
    ) -> tuple[Sequence[RawRow], int]:
        """The first rows that match, in order of id, and how many match in all."""
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": ["hs_object_id"],
            "properties": list(properties),
            "limit": limit,
            "after": "0",
        }
        answer = self._api.post(self._api.path("objects", kind.name, "search"), json=body, lane=self._api.searching)
        return answer["results"], int(answer["total"])

    def walked(
        self, kind: ObjectKind, properties: Sequence[str], filters: Filters, last: str | None
    ) -> Iterator[Sequence[RawRow]]:
        """Pages of everything that matches, however many there are and however equal their times.

        Each page asks for ids above the last one, so that no result stands behind the ten thousandth, and none is
        skipped when rows leave the search meanwhile.
        """
        while True:
            above = [{"propertyName": "hs_object_id", "operator": "GT", "value": last}] if last else []
            rows, total = self.found(kind, properties, [*filters, *above])
            if rows:
                yield rows
            if len(rows) >= total:
                return
            last = _next(rows, last)

    def read(
        self, kind: ObjectKind, properties: Sequence[str], ids: Sequence[str]
    ) -> Iterator[tuple[list[str], Sequence[RawRow]]]:
        """Batches of ids, each with the rows that HubSpot has of them, in no order."""
        for batch in batched(ids, PAGE):
            body = {
                "inputs": [{"id": each} for each in batch],
                "properties": list(properties),
                "propertiesWithHistory": [],
            }
            yield batch, self._api.post(self._api.path("objects", kind.name, "batch", "read"), json=body)["results"]

    def _page(self, kind: ObjectKind, query: dict[str, Any], cursor: str | None) -> tuple[Sequence[RawRow], str | None]:
        asked = {**query, "after": cursor} if cursor else query
        try:
            answer = self._api.get(self._api.path("objects", kind.name), params=asked)
        except Forbidden:
            if query.pop("associations", None) is None:
                raise
            self.bare.add(kind.name)
            return self._page(kind, query, cursor)
        following = ((answer.get("paging") or {}).get("next") or {}).get("after")
        return answer["results"], following

    def _filled(self, kind: ObjectKind, properties: Sequence[str], rows: Sequence[RawRow]) -> list[RawRow]:
        read = {
            str(row["id"]): row
            for _, found in self.read(kind, properties, [str(r["id"]) for r in rows])
            for row in found
        }
        return [{**row, "properties": read[str(row["id"])]["properties"]} for row in rows if str(row["id"]) in read]


def _next(rows: Sequence[RawRow], last: str | None) -> str:
    """The highest id of a page; raises RetryLater if the search does not move on."""
    highest = max((int(row["id"]) for row in rows), default=0)
    if highest <= int(last or 0):
        raise RetryLater("The search gave the same records a second time; following it would never end.")
    return str(highest)
