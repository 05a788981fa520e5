"""What is written into a CRM: the names of our fields and their values. Stored values are ids in every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crm_ext.domain.annotation import UNKNOWN_STAGE, Annotation, Band, Stage

PREFIX = "crm_ext_"
LIST_SEPARATOR = ";"


class TagKind(StrEnum):
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class TagSpec:
    """A field of ours in the CRM; `options` are (id, label in the instance's language) of a choice."""

    name: str
    label: str
    kind: TagKind
    options: tuple[tuple[str, str], ...] = ()


STAGE = "crm_ext_stage"
LEVEL = "crm_ext_trust_level"
BAND = "crm_ext_trust_band"
ALERTS = "crm_ext_alerts"
CLASS = "crm_ext_class"
NEXT_STEP = "crm_ext_next_step"
AVOID = "crm_ext_avoid"
REASONS = "crm_ext_reasons"
AS_OF = "crm_ext_as_of"

KINDS: Mapping[str, TagKind] = {
    STAGE: TagKind.CHOICE,
    LEVEL: TagKind.NUMBER,
    BAND: TagKind.CHOICE,
    ALERTS: TagKind.CHOICES,
    CLASS: TagKind.CHOICE,
    NEXT_STEP: TagKind.CHOICE,
    AVOID: TagKind.CHOICES,
    REASONS: TagKind.TEXT,
    AS_OF: TagKind.DATE,
}
NAMES = tuple(KINDS)

DECIDING = (STAGE, BAND, ALERTS, CLASS, NEXT_STEP)
"""A contact is written only when one of these changes; the other fields go along with them."""

STAGE_VALUES = (UNKNOWN_STAGE, *(stage.key for stage in Stage))
BAND_VALUES = tuple(band.value for band in Band)
CLASS_VALUES = ("A", "B", "C")


def tag_values(annotation: Annotation, reasons: str) -> dict[str, str]:
    """Our fields' values for an annotation; `reasons` is the text a rep reads, in the instance's language."""
    return {
        STAGE: annotation.stage_name,
        LEVEL: f"{annotation.trust.level:.1f}",
        BAND: annotation.trust.band.value,
        ALERTS: joined(annotation.alerts),
        CLASS: annotation.value.cls or "",
        NEXT_STEP: annotation.tactics[0].id if annotation.tactics else "",
        AVOID: joined([each.id for each in annotation.avoid]),
        REASONS: reasons,
        AS_OF: annotation.as_of.date().isoformat(),
    }


def joined(ids: Sequence[str]) -> str:
    return LIST_SEPARATOR.join(sorted(ids))


def differs(new: Mapping[str, str], old: Mapping[str, str]) -> bool:
    """Whether a deciding field has another value than the one that stands there."""
    return any(new[name] != old.get(name, "") for name in DECIDING)
