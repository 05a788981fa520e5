"""Charts drawn by the server: numbers in, the places of shapes out; the template only writes them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

WIDE, HIGH, GAP = 720.0, 180.0, 0.25


class Piece(NamedTuple):
    """A part of a column: whose it is, how many they are, and its place."""

    key: int | None
    size: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    day: date
    x: float
    width: float
    total: int
    pieces: tuple[Piece, ...]


def columns(points: Sequence[tuple[date, Mapping[int | None, int]]], keys: Sequence[int | None]) -> list[Column]:
    """Stacked columns, the first key lowest, the highest column as high as the chart."""
    highest = max((sum(counts.values()) for _, counts in points), default=0) or 1
    step = WIDE / max(1, len(points))
    return [
        Column(day, round(i * step, 1), round(step * (1 - GAP), 1), sum(counts.values()), _stack(counts, keys, highest))
        for i, (day, counts) in enumerate(points)
    ]


def _stack(counts: Mapping[int | None, int], keys: Sequence[int | None], highest: int) -> tuple[Piece, ...]:
    pieces, top = [], HIGH
    for key in keys:
        height = HIGH * counts.get(key, 0) / highest
        top -= height
        pieces.append(Piece(key, counts.get(key, 0), round(top, 1), round(height, 1)))
    return tuple(pieces)
