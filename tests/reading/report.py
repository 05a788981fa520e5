"""Precision and recall per signal on labelled sentences: `python -m tests.reading.report [dev|heldout] [--misses]`."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crm_ext.reading import Reader, load
from tests.reading.sentences import Example, examples

HERE = Path(__file__).parent


@dataclass
class Score:
    """Counts of one signal: of the sentences that show it, and of the hard negatives."""

    shown: int = 0
    found: int = 0
    hard: int = 0
    false: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.shown if self.shown else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def specificity(self) -> float:
        """Share of hard negatives that stay silent."""
        return 1 - self.false / self.hard if self.hard else 1.0


def labelled(half: str, language: str) -> list[Example]:
    source = (HERE / half / f"{language}.txt").read_text("utf-8")
    return list(examples(source))


def score(reader: Reader, cases: Iterable[Example], misses: bool = False) -> dict[str, Score]:
    cases = list(cases)
    table: dict[str, Score] = defaultdict(Score)
    for case, signals in zip(cases, reader.read([each.text for each in cases]), strict=True):
        hit = case.signal in {each.id for each in signals}
        row = table[case.signal]
        row.shown += case.shows
        row.found += case.shows and hit
        row.hard += not case.shows
        row.false += not case.shows and hit
        if misses and hit != case.shows:
            rules = [each.rule for each in signals]
            print("MISS " if case.shows else "FALSE", case.signal, "|", case.text.text, "|", *rules)
    return table


def total(table: dict[str, Score]) -> Score:
    rows = table.values()
    return Score(*(sum(getattr(each, name) for each in rows) for name in ("shown", "found", "hard", "false")))


def main(args: list[str]) -> None:
    reader = load()
    for half in [each for each in args if each in ("dev", "heldout")] or ("dev", "heldout"):
        for language in ("en", "zh"):
            table = score(reader, labelled(half, language), misses="--misses" in args and half == "dev")
            print(f"\n{half} {language}: {'signal':28} recall  precision  hard negatives silent")
            for name, row in [*table.items(), ("ALL", total(table))]:
                print(
                    f"{name:38} {row.found:4}/{row.shown:<4} {row.recall:5.2f}  {row.precision:5.2f}"
                    f"  {row.hard - row.false}/{row.hard}"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
