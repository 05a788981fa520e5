"""Role, personality and other traits, where the records show them."""

from __future__ import annotations

from crm_ext.annotate.compiled import Compiled
from crm_ext.domain.annotation import BuyingRole, Personality
from crm_ext.playbook.rules import Facts

ROLES = {each.value: each for each in BuyingRole}
PERSONALITIES = {each.value: each for each in Personality}


def persons(rules: Compiled, facts: Facts) -> tuple[BuyingRole | None, Personality | None, tuple[str, ...]]:
    """The best role and personality, and all other traits that hold; each joins the facts as `is_<id>`."""
    held = rules.traits(facts)
    if not held:
        return None, None, ()
    scores = rules.scores(facts)
    best: dict[str, tuple[float, str]] = {}
    others: list[str] = []
    for i in held:
        row = rules.playbook.traits[i]
        if row.kind not in CHOSEN:
            others.append(row.id)
        elif scores[i] > best.get(row.kind, (0.0, ""))[0]:
            best[row.kind] = scores[i], row.id
    chosen = {kind: name for kind, (_, name) in best.items()}
    for name in (*chosen.values(), *others):
        facts[f"is_{name}"] = 1
    return ROLES.get(chosen.get("role", "")), PERSONALITIES.get(chosen.get("personality", "")), tuple(others)


CHOSEN = frozenset({"role", "personality"})
