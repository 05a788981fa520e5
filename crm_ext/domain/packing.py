"""An annotation as JSON and back, without words: what the store keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from crm_ext.domain.annotation import (
    Annotation,
    Avoid,
    BuyingRole,
    Evidence,
    Personality,
    Reason,
    Stage,
    Step,
    Trust,
    TrustObject,
    Value,
)
from crm_ext.domain.events import RecordRef
from crm_ext.domain.records import Stream

Packed = dict[str, Any]
EMPTY: tuple[Any, ...] = (None, "", (), {})
PLAIN = frozenset({str, int, float, bool, type(None)})


def packed(thing: Any) -> Any:
    """Dataclasses and named tuples as objects without their empty fields, enums as values, times in ISO form."""
    kind = type(thing)
    if kind in PLAIN:
        return thing
    if names := _names(kind):
        pairs = ((name, getattr(thing, name)) for name in names)
        return {name: packed(value) for name, value in pairs if value not in EMPTY}
    return _packed_other(thing)


def _packed_other(thing: Any) -> Any:
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, datetime | date):
        return thing.isoformat()
    if isinstance(thing, tuple | list):
        return [packed(each) for each in thing]
    if isinstance(thing, Mapping):
        return {str(key): packed(value) for key, value in thing.items()}
    return thing


def _names(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass or named tuple, none for anything else; found out once for each type."""
    known = _NAMES.get(kind)
    if known is None:
        declared = [field.name for field in fields(kind)] if is_dataclass(kind) else getattr(kind, "_fields", ())
        known = _NAMES[kind] = tuple(declared)
    return known


_NAMES: dict[type[Any], tuple[str, ...]] = {}


def unpacked(row: Mapping[str, Any]) -> Annotation:
    stage = row.get("stage")
    return Annotation(
        **{
            **row,
            "as_of": datetime.fromisoformat(row["as_of"]),
            "stage": None if stage is None else Stage(stage),
            "trust": Trust(**row.get("trust", {})),
            "buying_role": _enum(BuyingRole, row.get("buying_role")),
            "personality": _enum(Personality, row.get("personality")),
            "value": Value(**row.get("value", {})),
            "alerts": tuple(row.get("alerts", ())),
            "tactics": tuple(map(_step, row.get("tactics", ()))),
            "avoid": tuple(Avoid(each["id"], _reason(each["why"])) for each in row.get("avoid", ())),
            "evidence": tuple(map(_evidence, row.get("evidence", ()))),
            "missing": tuple(row.get("missing", ())),
            "traits": tuple(row.get("traits", ())),
            "due_at": _time(row.get("due_at")),
        }
    )


def _enum(kind: type[Enum], value: str | None) -> Any:
    return None if value is None else kind(value)


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _reason(row: Mapping[str, Any]) -> Reason:
    return Reason(row["id"], row.get("params", {}))


def _step(row: Mapping[str, Any]) -> Step:
    due = row.get("due")
    return Step(id=row["id"], why=_reason(row["why"]), due=date.fromisoformat(due) if due else None)


def _evidence(row: Mapping[str, Any]) -> Evidence:
    record = row.get("record")
    return Evidence(
        **{
            **row,
            "object": TrustObject(row["object"]),
            "at": _time(row.get("at")),
            "record": RecordRef(Stream(record["stream"]), record["id"]) if record else None,
        }
    )
