"""Pulling streams: the kinds of one stream side by side, with one checkpoint and one mark for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.hubspot.api import Forbidden, HubSpotApi
from connectors.hubspot.kinds import CONTACTS, ObjectKind, internal, of_stream
from connectors.hubspot.marks import Mark
from connectors.hubspot.reading import Piece, Reader
from crm_ext.connector_api import BadRow, ConnectorError, Cursor, Gone, Page, Part, Stream, User, pages, side_by_side

OWNERS_PAGE = 100


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls parts of one account; kinds named in `without` are left out."""

    api: HubSpotApi
    reader: Reader
    without: frozenset[str] = frozenset()

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        if part.stream is Stream.USERS:
            return self._users(checkpoint or {})
        if "ids" in part.bounds:
            return self._named(part.stream, part.bounds["ids"])
        return self._objects(part, checkpoint or {})

    def _objects(self, part: Part, checkpoint: Cursor) -> Iterator[Page]:
        """Kinds that are done stand in the checkpoint with their mark; None for one that may not be read."""
        since: Mapping[str, Any] = part.since or {}
        state: dict[str, Any] = {"done": dict(checkpoint.get("done", {})), "on": dict(checkpoint.get("on", {}))}
        kinds = [kind for kind in of_stream(part.stream) if kind.name not in self.without]
        todo = {kind.name: kind for kind in kinds if kind.name not in state["done"]}
        sources = {
            name: partial(self._kind, kind, since.get(name), state["on"].get(name)) for name, kind in todo.items()
        }
        for name, piece in side_by_side(sources):
            _note(state, name, piece)
            if len(state["done"]) < len(kinds):
                yield Page(changes=piece.changes, bad=piece.bad, checkpoint=_copy(state))
            else:
                yield _last(piece, state["done"], since, kinds)
        if not todo:
            yield _last(Piece(), state["done"], since, kinds)

    def _kind(
        self, kind: ObjectKind, kept: Mapping[str, Any] | None, checkpoint: Mapping[str, Any] | None
    ) -> Iterator[Piece]:
        """One kind. Where a scope is missing, or the account has no such kind, a line says so and the others go on;
        contacts must be readable."""
        try:
            if kept is None:
                yield from self.reader.everything(kind, checkpoint or {})
            else:
                yield from self.reader.changed(kind, Mark.load(kept), checkpoint or {})
        except (Forbidden, Gone) as error:
            if kind is CONTACTS:
                raise
            yield Piece(bad=[closed(kind.stream, kind.name, error)])

    def _named(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Some records by our ids, as webhooks name them."""
        wanted: dict[str, list[str]] = {}
        for each in ids:
            kind, record_id = internal(stream, each)
            wanted.setdefault(kind.name, []).append(record_id)
        for kind in of_stream(stream):
            for piece in self.reader.named(kind, wanted.get(kind.name, ())):
                yield Page(changes=piece.changes, bad=piece.bad)

    def _users(self, checkpoint: Cursor) -> Iterator[Page]:
        """Owners, then those whose users have left: old records still name them. Without the right there are none."""
        on = checkpoint.get("archived", "false")
        for archived in ("false", "true") if on == "false" else ("true",):
            after = checkpoint.get("after") if archived == on else None
            try:
                yield from self._owner_pages(archived, after)
            except Forbidden as error:
                yield Page(bad=[closed(Stream.USERS, "owners", error)])
                return

    def _owner_pages(self, archived: str, after: str | None) -> Iterator[Page]:
        for rows, cursor in pages(partial(self._owners, archived), after):
            last = archived == "true" and cursor is None
            following = {"archived": archived, "after": cursor} if cursor else {"archived": "true", "after": None}
            users = [_user(row) for row in rows]
            yield Page(changes=users, checkpoint=None if last else following, complete=last)

    def _owners(self, archived: str, cursor: str | None) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        query = {"limit": OWNERS_PAGE, "archived": archived} | ({"after": cursor} if cursor else {})
        answer = self.api.get(self.api.path("owners"), params=query)
        return answer["results"], ((answer.get("paging") or {}).get("next") or {}).get("after")


def closed(stream: Stream, name: str, error: ConnectorError) -> BadRow:
    return BadRow(stream, name, f"{name} cannot be read. {error}")


def _note(state: dict[str, Any], name: str, piece: Piece) -> None:
    if piece.checkpoint is not None and piece.mark is None:
        state["on"][name] = piece.checkpoint
    else:
        state["on"].pop(name, None)
        state["done"][name] = piece.mark.dump() if piece.mark else None


def _copy(state: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {key: dict(value) for key, value in state.items()}


def _last(piece: Piece, done: Mapping[str, Any], since: Mapping[str, Any], kinds: Sequence[ObjectKind]) -> Page:
    """The page that ends a part. It was complete if every kind was read by list."""
    marks = {name: mark or since.get(name) for name, mark in done.items()}
    complete = all(done.get(kind.name) and kind.name not in since for kind in kinds)
    return Page(
        changes=piece.changes,
        bad=piece.bad,
        since={**since, **{name: mark for name, mark in marks.items() if mark}},
        complete=complete,
    )


def _user(row: Mapping[str, Any]) -> User:
    names = [row.get("firstName"), row.get("lastName")]
    return User(
        id=str(row["id"]),
        name=" ".join(filter(None, names)),
        email=row.get("email") or "",
        active=not row.get("archived"),
    )
