"""Pulling streams: the models of one stream side by side, with one checkpoint and one mark for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors.odoo.errors import Absent
from connectors.odoo.mapping import Mapper
from connectors.odoo.reading import Piece, Reading
from connectors.odoo.server import Server, Unreadable
from connectors.odoo.sources import EVERY, SOURCES, Source
from crm_ext.connector_api import BadRow, Cursor, Page, Part, Stream, side_by_side


@dataclass
class State:
    """What is read of a part: by model, the mark of those that are done (None: not there) and the place in others."""

    since: Mapping[str, Any]
    done: dict[str, Any] = field(default_factory=dict)
    on: dict[str, Any] = field(default_factory=dict)
    barred: bool = False

    @classmethod
    def load(cls, since: Cursor | None, checkpoint: Cursor | None) -> State:
        kept = checkpoint or {}
        return cls(since or {}, dict(kept.get("done", {})), dict(kept.get("on", {})), kept.get("barred", False))

    def dump(self) -> dict[str, Any]:
        return {"done": dict(self.done), "on": dict(self.on), "barred": self.barred}

    def over(self, source: Source) -> bool:
        """Whether a model was read to its end, or what stands in its place."""
        if source.model not in self.done:
            return False
        return self.done[source.model] is not None or source.instead is None or self.over(source.instead)

    def note(self, piece: Piece) -> None:
        if piece.mark is None and piece.checkpoint is not None:
            self.on[piece.model] = piece.checkpoint
        else:
            self.on.pop(piece.model, None)
            self.done[piece.model] = piece.mark
            self.barred = self.barred or (piece.mark is None and bool(piece.bad))

    def last(self, piece: Piece, stream: Stream) -> Page:
        """The page that ends a part. It was complete if every model that is there was read from its beginning."""
        marks = {model: mark or self.since.get(model) for model, mark in self.done.items()}
        whole = not self.barred and not any(self.since.get(model) for model in self.done)
        since = {**self.since, **{model: mark for model, mark in marks.items() if mark}}
        return Page(
            changes=piece.changes, bad=piece.bad, since=None if stream is Stream.USERS else since, complete=whole
        )


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls parts of one database."""

    server: Server
    mapper: Mapper
    size: int
    look_back: int

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        self.server.ready()
        state = State.load(part.since, checkpoint)
        sources = SOURCES[part.stream]
        todo = {each.model: partial(self._source, each, state) for each in sources if not state.over(each)}
        for _, piece in side_by_side(todo):
            state.note(piece)
            if all(map(state.over, sources)):
                yield state.last(piece, part.stream)
            else:
                yield Page(changes=piece.changes, bad=piece.bad, checkpoint=state.dump())
        if part.stream is Stream.USERS and not checkpoint:
            self.mapper.lookups.saw_all_users()
        if not todo:
            yield state.last(Piece(""), part.stream)

    def named(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Some records by our ids, as webhooks name them."""
        wanted: dict[str, list[int]] = {}
        for each in ids:
            word, _, number = each.rpartition(":")
            wanted.setdefault(word or str(stream), []).append(int(number))
        for word, numbers in wanted.items():
            reading = Reading(self.server, self.mapper, EVERY[word], self.size, self.look_back)
            for piece in reading.named(numbers):
                yield Page(changes=piece.changes, bad=piece.bad)

    def _source(self, source: Source, state: State) -> Iterator[Piece]:
        """One model, or what stands in its place where it is not there."""
        there = state.done.get(source.model) is not None
        if source.model not in state.done:
            for piece in self._model(source, state.since.get(source.model), state.on.get(source.model)):
                there = piece.mark is not None
                yield piece
        if source.instead and not there:
            yield from self._source(source.instead, state)

    def _model(self, source: Source, mark: Any, checkpoint: Any) -> Iterator[Piece]:
        """All of a model. Where an optional one may not be read, a line says so, and the others go on."""
        if source.optional and source.model in self.server.absent:
            yield Piece(source.model)
            return
        reading = Reading(self.server, self.mapper, source, self.size, self.look_back)
        try:
            if mark is None:
                yield from reading.everything(checkpoint)
            else:
                yield from reading.changed(mark, checkpoint)
        except (Absent, Unreadable) as error:
            if not source.optional:
                raise
            bad = [BadRow(source.stream, source.model, str(error))] if isinstance(error, Unreadable) else []
            yield Piece(source.model, bad=bad)
