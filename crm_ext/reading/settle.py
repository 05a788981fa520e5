"""Which of the finds in one text stand: a plainer reading gives way to a stronger one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm_ext.reading.cues import Outweighs
from crm_ext.reading.segment import Sentence


@dataclass(frozen=True, slots=True)
class Find:
    signal: str
    rule: str
    sentence: Sentence
    start: int
    end: int
    confidence: float


def settle(finds: Sequence[Find], table: Iterable[Outweighs]) -> list[Find]:
    """One find per signal, in order of place; losers of the table are left out."""
    kept = list(finds)
    present = {each.signal for each in finds}
    for row in table:
        won = [each.sentence for each in kept if each.signal == row.winner] if row.winner in present else []
        if won and not present.isdisjoint(row.losers):
            kept = [
                each for each in kept if not (each.signal in row.losers and (row.whole_text or each.sentence in won))
            ]
    best: dict[str, Find] = {}
    for each in kept:
        if each.signal not in best or each.confidence > best[each.signal].confidence:
            best[each.signal] = each
    return sorted(best.values(), key=lambda each: (each.start, each.signal))
