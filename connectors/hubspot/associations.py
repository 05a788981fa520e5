"""Which records belong together: inline with a list's pages, by batches of a thousand for everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.hubspot.api import Forbidden, HubSpotApi
from connectors.hubspot.kinds import ObjectKind
from connectors.hubspot.mapping import Links, linked
from crm_ext.connector_api import Gone, batched

BATCH = 1000
Pairs = dict[str, list[tuple[str, str]]]
"""(id, association type) pairs by the id they belong to."""


class Associations:
    """Reads associations of one account. With kinds that may not be read there are none."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api
        self._lists_tell: dict[str, bool] = {}
        self._closed: set[tuple[str, str]] = set()

    def of_list(self, kind: ObjectKind, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Links]:
        """Links by id of rows that a list gave with their associations; lists that were cut short are read anew."""
        if not kind.to:
            return {}
        if not self._told(kind, rows):
            return self.of_ids(kind, [str(row["id"]) for row in rows])
        cut: dict[str, list[str]] = {to: [] for to in kind.to}
        found = {str(row["id"]): _inline(kind, row, cut) for row in rows}
        for to, ids in cut.items():
            for record_id, pairs in self._read(kind, to, ids).items():
                found[record_id][to] = linked(kind.to[to], pairs)
        return found

    def of_ids(self, kind: ObjectKind, ids: Sequence[str]) -> Mapping[str, Links]:
        """Links by id, by batch reads."""
        found: dict[str, dict[str, tuple[str, ...]]] = {each: {} for each in ids}
        for to in kind.to:
            for record_id, pairs in self._read(kind, to, ids).items():
                if record_id in found:
                    found[record_id][to] = linked(kind.to[to], pairs)
        return found

    def _told(self, kind: ObjectKind, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Whether lists come with associations. Where no row has any, one batch read tells once why."""
        if any(row.get("associations") for row in rows):
            self._lists_tell[kind.name] = True
        elif rows and kind.name not in self._lists_tell:
            links = self.of_ids(kind, [str(row["id"]) for row in rows])
            self._lists_tell[kind.name] = not any(ids for each in links.values() for ids in each.values())
        return self._lists_tell.get(kind.name, True)

    def _read(self, kind: ObjectKind, to: str, ids: Iterable[str]) -> Pairs:
        pairs: Pairs = {}
        for batch in batched(ids, BATCH) if (kind.name, to) not in self._closed else ():
            try:
                self._read_batch(kind, to, batch, pairs)
            except (Forbidden, Gone):
                self._closed.add((kind.name, to))
                break
        return pairs

    def _read_batch(self, kind: ObjectKind, to: str, ids: Sequence[str], pairs: Pairs) -> None:
        """Read a batch to the end of the longest list in it."""
        inputs: list[dict[str, str]] = [{"id": each} for each in ids]
        while inputs:
            answer = self._api.post(self._api.path("associations", kind.name, to=to), json={"inputs": inputs})
            inputs = [more for result in answer["results"] if (more := _take(result, pairs))]


def _inline(kind: ObjectKind, row: Mapping[str, Any], cut: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Links that a row of a list brought along; notes in `cut` where there are more."""
    links: dict[str, tuple[str, ...]] = {}
    for to, found in (row.get("associations") or {}).items():
        if to in cut:
            links[to] = linked(kind.to[to], [(each["id"], each["type"]) for each in found["results"]])
            if (found.get("paging") or {}).get("next"):
                cut[to].append(str(row["id"]))
    return links


def _take(result: Mapping[str, Any], pairs: Pairs) -> dict[str, str] | None:
    """Note what a result tells; gives the input that asks for the rest, if there is more."""
    record_id = str(result["from"]["id"])
    found = pairs.setdefault(record_id, [])
    for each in result["to"]:
        found += [(str(each["toObjectId"]), str(kind["typeId"])) for kind in each["associationTypes"]]
    following = ((result.get("paging") or {}).get("next") or {}).get("after")
    return {"id": record_id, "after": str(following)} if following else None
