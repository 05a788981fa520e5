"""Notes of each contact's own stream: for servers that do not list notes, at one request a contact."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from connectors.espocrm.api import EspoApi, RawRow, Where, page
from connectors.espocrm.kinds import NOTES, PEOPLE, EntityKind
from connectors.espocrm.mapping import Mapper
from connectors.espocrm.reading import Piece
from connectors.espocrm.values import stamp
from crm_ext.connector_api import Gone, pages, spread

MOVED = "streamUpdatedAt"
READERS = 4
Raw = Mapping[str, Any]


class Posts:
    """Reads the streams of contacts and leads where they moved. `each` says whether the connection wants that."""

    def __init__(
        self, api: EspoApi, mapper: Mapper, look_back: float, without: frozenset[str] = frozenset(), *, each: bool
    ) -> None:
        self._api = api
        self._mapper = mapper
        self._look_back = look_back
        self._kinds = [kind for kind in PEOPLE if kind.name not in without]
        self.each = each

    def pieces(self, kept: Raw, checkpoint: Raw) -> Iterator[Piece]:
        """Posts written since the mark, of all contacts if there is none, in order of their ids."""
        low = str(kept.get("streams", ""))
        begin = checkpoint.get("begin") or stamp(self._api.clock(time.time()) - self._look_back)
        names = [kind.name for kind in self._kinds]
        first = names.index(checkpoint["kind"]) if checkpoint else 0
        for kind in self._kinds[first:]:
            after = checkpoint.get("after") if checkpoint.get("kind") == kind.name else None
            for ids, cursor in pages(partial(self._moved, kind, low), after):
                streams = spread(partial(self._posts, kind), ids, READERS)
                changes = [self._mapper.change(NOTES, row) for rows in streams for row in rows if _when(row) >= low]
                yield Piece(changes, checkpoint={"kind": kind.name, "after": cursor, "begin": begin})
        yield Piece(mark={"streams": begin})

    def _moved(self, kind: EntityKind, low: str, after: str | None) -> tuple[Sequence[str], str | None]:
        begin = low or "1970-01-01 00:00:00"
        where: list[Where] = [{"type": "greaterThanOrEquals", "attribute": MOVED, "value": begin}]
        if after:
            where.append({"type": "greaterThan", "attribute": "id", "value": after})
        rows, more = self._api.listed(kind.name, ("id",), where)
        return [str(row["id"]) for row in rows], str(rows[-1]["id"]) if more else None

    def _posts(self, kind: EntityKind, record_id: str) -> list[RawRow]:
        """The posts of one stream, the newest first; a contact that went meanwhile has none."""
        found: list[RawRow] = []
        for offset in count(0, self._api.page_size):
            try:
                asked = {"offset": offset, "maxSize": self._api.page_size}
                rows = self._api.get(f"{kind.name}/{record_id}/stream", params=asked, read=page)["list"]
            except Gone:
                return []
            about = {"parentType": kind.name, "parentId": record_id}
            found += [{**about, **row} for row in rows if row.get("type") == "Post"]
            if len(rows) < self._api.page_size:
                return found
        return found


def _when(row: RawRow) -> str:
    return str(row.get("modifiedAt") or row.get("createdAt") or "")
