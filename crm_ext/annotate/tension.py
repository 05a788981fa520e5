"""Relationship tension and task tension (text 004), and which of the four zones a contact stands in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crm_ext.annotate.causes import cause_words, facts_of, holding
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.playbook import Playbook
from crm_ext.playbook.check import known
from crm_ext.playbook.diagnoses import MORE_FACTS, tension_of
from crm_ext.playbook.rules import scorer

LAST_STRANGE = 1  # with one meeting or none they are strange to us, whatever else the records show


@dataclass(frozen=True, slots=True)
class Zone:
    """Both gauges from 0 to 1, and the zone's id."""

    relation: float
    task: float
    zone: str


def tension(timeline: Timeline, playbook: Playbook, annotation: Annotation) -> Zone | None:
    """None where nobody has tried yet. A first meeting can never lead to asking for commitment."""
    if annotation.stage is None:
        return None
    facts = facts_of(timeline, playbook, annotation)
    row = tension_of(playbook)
    relation, task = (min(max(each, 0.0), 1.0) for each in _gauges(playbook)(facts))
    if facts["engagements"] <= LAST_STRANGE:
        relation = max(relation, row.relation_high)
    high = {"relation_high": float(relation >= row.relation_high), "task_high": float(task >= row.task_high)}
    held = holding(tuple(each.when for each in row.zones), playbook)({**facts, **high})
    return Zone(round(relation, 2), round(task, 2), row.zones[held[0] if held else -1].id)


def words(found: Zone, playbook: Playbook, lang: str = "en") -> dict[str, Any]:
    zones = {each.id: each for each in tension_of(playbook).zones}
    return {"relation": found.relation, "task": found.task, "zone": cause_words(zones[found.zone], playbook, lang)}


@lru_cache(maxsize=8)
def _gauges(playbook: Playbook) -> Any:
    row = tension_of(playbook)
    return scorer([row.relation, row.task], known(playbook) | MORE_FACTS.keys())
