"""Pulling streams: the entities of one stream side by side, with one checkpoint and one mark for all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors.espocrm.api import PAGE, Forbidden
from connectors.espocrm.kinds import CONTACTS, NOTES, EntityKind, internal, of_stream
from connectors.espocrm.posts import Posts
from connectors.espocrm.reading import Piece, Reader
from crm_ext.connector_api import BadRow, Cursor, Gone, Page, Part, SkipRecord, Stream, side_by_side

FREE_PAGES = 20
PAUSE = 60.0
"""Seconds for which each further page of a stream lets the search for deleted records rest."""
REFUSED = {"refused": True}
"""The mark of notes where EspoCRM does not list them."""

Raw = Mapping[str, Any]


@dataclass
class State:
    """Where the pull of a stream stands: marks of entities that are done (empty: unreadable), checkpoints of others."""

    full: bool
    done: dict[str, Any] = field(default_factory=dict)
    on: dict[str, Any] = field(default_factory=dict)
    lost: bool = False

    def note(self, name: str, piece: Piece) -> None:
        if piece.mark is None:
            self.on[name] = piece.checkpoint
            return
        self.on.pop(name, None)
        self.done[name] = piece.mark
        self.lost = self.lost or piece.lost

    def dump(self) -> dict[str, Any]:
        return {"full": self.full, "done": dict(self.done), "on": dict(self.on), "lost": self.lost}

    def rest(self) -> float:
        """When deleted records may be searched for again: a long stream is not read at each run."""
        rows: int = sum(mark.get("count", 0) for mark in self.done.values())
        return time.time() + PAUSE * max(0.0, rows / PAGE - FREE_PAGES)


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls parts of one EspoCRM; entities named in `without` are left out."""

    reader: Reader
    posts: Posts
    without: frozenset[str] = frozenset()

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        if "ids" in part.bounds:
            return self._named(part.stream, part.bounds["ids"])
        kinds = [kind for kind in of_stream(part.stream) if kind.name not in self.without]
        since: Raw = {} if part.stream is Stream.USERS else part.since or {}
        return self._stream(kinds, since, State(**checkpoint) if checkpoint else State(full=not since))

    def _stream(self, kinds: Sequence[EntityKind], since: Raw, state: State) -> Iterator[Page]:
        """What changed; if rows turn out to be gone, everything once more: what is not among it is what is gone."""
        if not state.full:
            yield from self._round(kinds, since, state)
            if not state.lost or time.time() < since.get("rest", 0.0):
                yield Page(since=marks(state, since))
                return
            state = State(full=True)
        yield from self._round(kinds, {}, state)
        complete = all(state.done.get(kind.name) for kind in kinds)
        yield Page(since={**marks(state, since), "rest": state.rest()}, complete=complete)

    def _round(self, kinds: Sequence[EntityKind], since: Raw, state: State) -> Iterator[Page]:
        """Each entity to its end; every page can be gone on from."""
        sources = {
            kind.name: partial(self._kind, kind, since.get(kind.name), state.on.get(kind.name) or {})
            for kind in kinds
            if kind.name not in state.done
        }
        for name, piece in side_by_side(sources):
            state.note(name, piece)
            yield Page(changes=piece.changes, bad=piece.bad, checkpoint=state.dump())

    def _kind(self, kind: EntityKind, kept: Raw | None, checkpoint: Raw) -> Iterator[Piece]:
        """One entity. Where a right is missing, a line says so and the others go on; contacts must be readable."""
        try:
            yield from self._pieces(kind, kept, checkpoint)
        except (Forbidden, Gone) as error:
            if kind is CONTACTS:
                raise
            yield Piece(bad=[BadRow(kind.stream, kind.name, f"{kind.name} cannot be read. {error}")], mark={})

    def _pieces(self, kind: EntityKind, kept: Raw | None, checkpoint: Raw) -> Iterator[Piece]:
        if kind is NOTES and self.posts.each:
            yield from self.posts.pieces(kept or {}, checkpoint)
        elif kind is NOTES:
            yield from self._notes(kept, checkpoint)
        elif kept:
            yield from self.reader.changed(kind, kept, checkpoint)
        else:
            yield from self.reader.everything(kind, checkpoint)

    def _notes(self, kept: Raw | None, checkpoint: Raw) -> Iterator[Piece]:
        """Notes by list; a server that does not list them is not asked again before the next full pull."""
        if kept and "until" not in kept:
            yield Piece(mark=kept)
            return
        try:
            pieces = self.reader.changed(NOTES, kept, checkpoint) if kept else self.reader.everything(NOTES, checkpoint)
            yield from pieces
        except (Forbidden, SkipRecord):
            yield Piece(mark=REFUSED)

    def _named(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Some records by our ids, as webhooks name them."""
        wanted: dict[str, list[str]] = {}
        for each in ids:
            kind, record_id = internal(stream, each)
            wanted.setdefault(kind.name, []).append(record_id)
        for kind in of_stream(stream):
            for piece in self.reader.named(kind, wanted.get(kind.name, ())):
                yield Page(changes=piece.changes, bad=piece.bad)


def marks(state: State, since: Raw) -> dict[str, Any]:
    """The marks of entities that were read, over those of before."""
    return {**since, **{name: mark for name, mark in state.done.items() if mark}}
