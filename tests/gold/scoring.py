"""How well annotations agree with labelled cases."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crm_ext import playbook
from crm_ext.annotate import annotate
from crm_ext.annotate.explain import render
from crm_ext.annotate.timeline import moment, parse
from crm_ext.annotate.value import Purchases
from crm_ext.cli.annotate import read

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("CRM_EXT_SHARED", HERE.parents[2] / "shared")) / "gold"
SETS = {
    "shared typed": SHARED / "cases.jsonl",
    "shared flat": SHARED / "cases_flat.jsonl",
    "own": HERE / "cases.jsonl",
    "own, held back": HERE / "cases_held.jsonl",
    "own, fresh": HERE / "cases_fresh.jsonl",
}
SCORED_ALERTS = ("regression", "complaint", "dormant", "competitor", "non_payment")

Case = Mapping[str, Any]
Pairs = Sequence[tuple[Case, Mapping[str, Any]]]


@cache
def cases(path: Path) -> tuple[Case, ...]:
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())


@cache
def told() -> Mapping[str, Mapping[int, Sequence[str]]]:
    """What a perfect reader finds in the seen cases."""
    found: Mapping[str, Mapping[int, Sequence[str]]] = yaml.safe_load((HERE / "signals.yaml").read_text("utf-8"))
    return found


def with_signals(case: Case) -> Case:
    """The case with the signals of a perfect reader."""
    found = told()[case["pair"]]
    events = [{**event, "signals": list(found.get(i, ()))} for i, event in enumerate(case["events"])]
    return {**case, "events": events}


def judged(case: Case) -> Mapping[str, Any]:
    """The rendered annotation of a case; texts without signals are read here."""
    book = playbook.load()
    annotation = annotate(read(parse(case)), book, moment(case["as_of"]), Purchases())
    return render(annotation, book, case["language"])


def score(pairs: Pairs) -> dict[str, float | None]:
    """Shares of agreement; None where nothing is to be measured."""
    return {
        "cases": len(pairs),
        "stage exact": _share(_stage(got) == case["gold"]["stage"] for case, got in pairs),
        "stage allowed": _share(_allowed(case, got) for case, got in pairs),
        "trust band": _share(got["trust"]["band"] in case["gold"]["trust_band_ok"] for case, got in pairs),
        "role": _named(pairs, "buying_role"),
        "role claimed": _claimed(pairs, "buying_role"),
        "personality": _named(pairs, "personality"),
        "personality claimed": _claimed(pairs, "personality"),
        "alerts F1": _alerts(pairs),
        "wanted tactic": _share(
            bool(_tactics(got) & set(case["gold"]["must_recommend_any_of"])) for case, got in pairs
        ),
        "forbidden tactic": _share(
            bool(_tactics(got) & set(case["gold"]["must_not_recommend"])) for case, got in pairs
        ),
    }


def wrong(case: Case, got: Mapping[str, Any]) -> list[str]:
    """What is not accepted about one annotation."""
    gold, tactics = case["gold"], _tactics(got)
    lost = set(gold["alerts"]) - set(got["alerts"])
    false = set(got["alerts"]) & set(SCORED_ALERTS) - set(gold["alerts"]) - set(gold["optional_alerts"])
    checks = {
        f"stage {got['stage']} for {gold['stage']}": _stage(got) != gold["stage"],
        f"band {got['trust']['band']} for {gold['trust_band_ok']}": got["trust"]["band"] not in gold["trust_band_ok"],
        f"role {got['buying_role']} for {gold['buying_role']}": got["buying_role"] != gold["buying_role"],
        f"personality {got['personality']} for {gold['personality']}": got["personality"] != gold["personality"],
        f"alerts lost {sorted(lost)} false {sorted(false)}": bool(lost or false),
        f"tactics {sorted(tactics)}": not tactics & set(gold["must_recommend_any_of"]),
        f"forbidden {sorted(tactics & set(gold['must_not_recommend']))}": bool(
            tactics & set(gold["must_not_recommend"])
        ),
    }
    return [what for what, holds in checks.items() if holds]


def _stage(got: Mapping[str, Any]) -> int:
    return got["stage"] or 0


def _allowed(case: Case, got: Mapping[str, Any]) -> bool:
    return _stage(got) == case["gold"]["stage"] or _stage(got) in case["gold"]["allowed_neighbour"]


def _tactics(got: Mapping[str, Any]) -> set[str]:
    return {each["id"] for each in got["tactics"]}


def _share(outcomes: Iterable[bool]) -> float | None:
    values = list(outcomes)
    return round(sum(values) / len(values), 3) if values else None


def _named(pairs: Pairs, field: str) -> float | None:
    return _share(got[field] == case["gold"][field] for case, got in pairs if case["gold"][field])


def _claimed(pairs: Pairs, field: str) -> float | None:
    return _share(bool(got[field]) for case, got in pairs if not case["gold"][field])


def _alerts(pairs: Pairs) -> float | None:
    """F1 over the named alerts; an optional one counts neither for nor against."""
    right = lost = false = 0
    for case, got in pairs:
        raised, wanted = set(got["alerts"]) & set(SCORED_ALERTS), set(case["gold"]["alerts"])
        right += len(raised & wanted)
        lost += len(wanted - raised)
        false += len(raised - wanted - set(case["gold"]["optional_alerts"]))
    return round(2 * right / (2 * right + lost + false), 3) if right + lost + false else None
