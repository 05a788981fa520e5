"""A person's word on a tag, said here or typed over our value in the CRM; it stands until it ends or is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_ext.domain.annotation import Band
from crm_ext.domain.tags import (
    ALERTS,
    AVOID,
    BAND,
    BAND_VALUES,
    CLASS,
    CLASS_VALUES,
    LEVEL,
    LIST_SEPARATOR,
    NEXT_STEP,
    REASONS,
    STAGE,
    STAGE_VALUES,
)
from crm_ext.errors import CrmExtError
from crm_ext.store.intake import edits
from crm_ext.store.models import Override

LASTS = timedelta(days=90)
IN_CRM = "crm"
CHOICES: Mapping[str, Sequence[str]] = {STAGE: STAGE_VALUES, BAND: BAND_VALUES, CLASS: CLASS_VALUES}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write for a contact once people were heard, what they newly said, and which of their words ended."""

    values: dict[str, str]
    said: list[dict[str, Any]]
    ended: list[int]
    until: datetime | None


def heard(
    values: Mapping[str, str],
    *,
    tags: Mapping[str, str] | None,
    written: Mapping[str, str] | None,
    standing: Sequence[Override],
    as_of: datetime,
    known: frozenset[str],
) -> Verdict:
    """Put people's words over the machine's values. `known` are the ids of tactics and alerts that exist."""
    stand = {each.field: each for each in standing if each.until is None or each.until > as_of}
    ended = [each.id for each in standing if each.field not in stand]
    said: list[dict[str, Any]] = []
    for field, value in edits(tags, written).items():
        old = stand.get(field)
        if old is not None and old.value == value:
            continue
        if old is not None:
            ended.append(stand.pop(field).id)
        if value == values[field]:
            continue
        said.append({"field": field, "value": value, "kind": kind_of(field, value, known), "until": as_of + LASTS})
    for field, each in list(stand.items()):
        if each.actor == IN_CRM and tags is not None and tags.get(field, "") == values[field] != each.value:
            ended.append(stand.pop(field).id)
    final = {
        **values,
        **{name: each.value for name, each in stand.items()},
        **{row["field"]: row["value"] for row in said},
    }
    untils = [each.until for each in stand.values() if each.until] + [row["until"] for row in said]
    return Verdict(final, said, ended, min(untils, default=None))


def kind_of(field: str, value: str, known: frozenset[str]) -> str:
    """override; cleared: no tag is wanted; conflict: a value that is none of ours, which is left alone."""
    if not value:
        return "cleared"
    return "override" if _valid(field, value, known) else "conflict"


def _valid(field: str, value: str, known: frozenset[str]) -> bool:
    if field in CHOICES:
        return value in CHOICES[field]
    if field == LEVEL:
        return _is_level(value)
    if field == NEXT_STEP:
        return value in known
    if field in (ALERTS, AVOID):
        return set(value.split(LIST_SEPARATOR)) <= known
    return field != REASONS


def _is_level(value: str) -> bool:
    try:
        return 0 <= float(value) <= 100
    except ValueError:
        return False


def wanted(stage: str | None, trust: float | None) -> dict[str, str]:
    """The fields that a typed override sets. Raises CrmExtError for a stage or level that does not exist."""
    fields: dict[str, str] = {}
    if stage is not None:
        if stage not in STAGE_VALUES:
            raise CrmExtError(f"{stage!r} is no stage.", fix=f"Use one of {', '.join(STAGE_VALUES)}.")
        fields[STAGE] = stage
    if trust is not None:
        if not 0 <= trust <= 100:
            raise CrmExtError(f"A trust level of {trust} does not exist.", fix="Use 0 to 100.")
        fields |= {LEVEL: f"{trust:.1f}", BAND: Band.of(trust).value}
    if not fields:
        raise CrmExtError("Nothing to override.", fix="Give --stage, --trust or --clear.")
    return fields
