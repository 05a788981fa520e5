"""`python -m tests.gold`: agreement with the labelled cases. `--wrong` and `--method` list what is not accepted."""

from __future__ import annotations

import sys

from tests.gold.scoring import SETS, Pairs, cases, judged, score, with_signals, wrong

UNSEEN = ("own, held back", "own, fresh")


def main() -> None:
    columns: dict[str, Pairs] = {}
    for name, path in SETS.items():
        if not path.exists():
            print(f"{name}: {path} is not there, passed over")
            continue
        pairs = [(case, judged(case)) for case in cases(path)]
        columns[name] = pairs
        for lang in ("en", "zh"):
            columns[f"{name} {lang}"] = [pair for pair in pairs if pair[0]["language"] == lang]
        if "--wrong" in sys.argv and name not in UNSEEN:
            _list(pairs)
    columns["own, perfect reader"] = [(case, judged(with_signals(case))) for case in cases(SETS["own"])]
    if "--method" in sys.argv:
        _list(columns["own, perfect reader"])
    _table(columns)


def _list(pairs: Pairs) -> None:
    for case, got in pairs:
        if faults := wrong(case, got):
            print(case["id"], "; ".join(faults))


def _table(columns: dict[str, Pairs]) -> None:
    for name, pairs in columns.items():
        print(f"{name:20s}", "  ".join(f"{key} {value}" for key, value in score(pairs).items()))


if __name__ == "__main__":
    main()
