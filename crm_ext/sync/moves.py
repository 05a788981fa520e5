"""What changed with a judgement, as a line of the book's history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from crm_ext.annotate import loss
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.domain.tags import ALERTS, LIST_SEPARATOR, joined
from crm_ext.playbook import Playbook

GONE = "lost"
"""The alert that says so."""


def move(row: RowMapping, annotation: Annotation, values: Mapping[str, str]) -> dict[str, Any] | None:
    """The move from what a contact's row repeats to a new judgement; None where stage, band and alerts stay.

    `loss` is left to `lost`, which needs the timeline.
    """
    first = row["trust_level"] is None
    stage = None if annotation.stage is None else int(annotation.stage)
    band, alerts = annotation.trust.band.value, values[ALERTS]
    if not first and (row["stage"], row["band"], row["alerts"]) == (stage, band, alerts):
        return None
    before, after = (set(filter(None, each.split(LIST_SEPARATOR))) for each in (row["alerts"], alerts))
    way = "came" if first else _way(row["stage"], stage)
    return {
        "contact_id": annotation.id,
        "at": annotation.as_of,
        "playbook": annotation.playbook,
        "way": way,
        "stage_from": row["stage"],
        "stage_to": stage,
        "band_from": row["band"],
        "band_to": band,
        "gained": joined([*after - before]),
        "cleared": joined([*before - after]),
        "cause": _cause(annotation, way),
        "loss": "",
    }


def lost(found: dict[str, Any], timeline: Timeline, playbook: Playbook, annotation: Annotation) -> dict[str, Any]:
    """The move with the leading cause of a loss, where somebody was lost by it."""
    gone = GONE in found["gained"].split(LIST_SEPARATOR)
    return {**found, "loss": loss.cause(timeline, playbook, annotation)} if gone else found


def _way(before: int | None, after: int | None) -> str:
    """No evidence counts as below every stage."""
    old, new = (-1 if each is None else each for each in (before, after))
    return "rose" if new > old else "fell" if new < old else "same"


def _cause(annotation: Annotation, way: str) -> str:
    sign = {"rose": 1, "fell": -1}.get(way, 0)
    dated = [(each.at, each.marker) for each in annotation.evidence if each.at and each.weight * sign > 0]
    return max(dated)[1] if dated else ""
