"""Trust: the sum of its decayed evidence, bounded by what the stage allows and carries."""

from __future__ import annotations

from collections.abc import Iterable

from crm_ext.annotate.compiled import OBJECTS
from crm_ext.annotate.fold import Line
from crm_ext.domain.annotation import Evidence, Trust

MOST = 100.0
HALF = ROUND = 0.5
Weighed = tuple[float, str, float, int, Line]


def trust(
    lines: Iterable[Line], allowance: float, diminishing: float, floor: float, ceiling: float
) -> tuple[Trust, tuple[Evidence, ...]]:
    """The level in three parts, and the lines that add up to it."""
    evidence: list[Evidence] = []
    parts = [0.0, 0.0, 0.0]
    for part, weighed in enumerate(decayed(lines, allowance)):
        if weighed:
            parts[part] = _part(part, weighed, diminishing, evidence)
    level = parts[0] + parts[1] + parts[2]
    if level < floor or level > ceiling:
        _bound(parts, floor, ceiling, evidence)
    return Trust(parts[0], parts[1], parts[2]), tuple(evidence)


def decayed(lines: Iterable[Line], allowance: float) -> tuple[list[Weighed], ...]:
    """Each object's lines with today's weight: whole within the stage's allowance, then half after each half-life."""
    weighed: tuple[list[Weighed], ...] = ([], [], [])
    for line in lines:
        row = line.row
        over = line.age - allowance
        weight = row.weight * HALF ** (over / row.half_life) if over > 0 else row.weight
        weighed[row.part].append((-weight, row.id, line.age, line.event, line))
    return weighed


def _part(part: int, weighed: list[Weighed], diminishing: float, evidence: list[Evidence]) -> float:
    """One object's part. What speaks for us counts ever less line by line, what speaks against us in full."""
    total, shown, factor = 0.0, 0, 1.0
    if len(weighed) > 1:
        weighed.sort()
    for negative, _, _, _, line in weighed:
        if negative < 0:
            total -= negative * factor
            factor *= diminishing
        else:
            total -= negative
        tenths = int(total * 10 + ROUND) if total > 0 else -int(ROUND - total * 10)
        if tenths != shown:
            evidence.append(_evidence(part, (tenths - shown) / 10, line))
            shown = tenths
    if shown < 0:
        evidence.append(Evidence(marker="floor", object=OBJECTS[part], weight=-shown / 10))
        return 0.0
    return shown / 10


def _bound(parts: list[float], floor: float, ceiling: float, evidence: list[Evidence]) -> None:
    """Keeps the level between floor and ceiling, by lines of their own on the largest parts."""
    level = round(sum(parts), 1)
    for part in sorted(range(len(parts)), key=lambda one: -parts[one]):
        if level > ceiling:
            change = -min(round(level - ceiling, 1), parts[part])
        else:
            change = round(floor - level, 1) if level < floor else 0.0
        if change:
            parts[part] = round(parts[part] + change, 1)
            level = round(level + change, 1)
            name = "ceiling" if change < 0 else "floor"
            evidence.append(Evidence(marker=name, object=OBJECTS[part], weight=change))


def _evidence(part: int, weight: float, line: Line) -> Evidence:
    row, signal = line.row, line.signal
    quote, rule = (signal.quote, signal.rule) if signal else ("", "type")
    return Evidence(row.id, OBJECTS[part], weight, line.at, line.event, quote, row.source, rule, line.record)
