"""Our fields as EspoCRM names, keeps and shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm_ext.connector_api import TAG_KINDS, TagKind, joined

OWN_PREFIX = "c"
"""What EspoCRM's field manager puts before the name of every field that is made in it."""


def asked(name: str) -> str:
    """The name that the field manager is asked for: crm_ext_stage → crmExtStage."""
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


def usual(name: str) -> str:
    """The name that the field then has: crm_ext_stage → cCrmExtStage."""
    plain = asked(name)
    return OWN_PREFIX + plain[0].upper() + plain[1:]


NAMES: Mapping[str, tuple[str, str]] = {name: (usual(name), asked(name)) for name in TAG_KINDS}
"""Theirs by ours: the usual name, and the one where an admin switched the prefix off."""
ATTRIBUTES: tuple[str, ...] = tuple(theirs for both in NAMES.values() for theirs in both)

Raw = Mapping[str, Any]


def number(value: Any) -> str:
    """A number as we write it, whatever EspoCRM left away; anything else as it stands."""
    try:
        return f"{float(value):.1f}"
    except (TypeError, ValueError):
        return str(value)


def listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [each for each in value.split(";") if each]
    return list(map(str, value))


SHOWN: Mapping[TagKind, Callable[[Any], str]] = {
    TagKind.NUMBER: number,
    TagKind.CHOICES: lambda value: joined(listed(value)),
    TagKind.DATE: lambda value: str(value)[:10],
}
KEPT: Mapping[str, Callable[[str], Any]] = {
    "float": float,
    "int": lambda value: round(float(value)),
    "multiEnum": listed,
    "array": listed,
    "checklist": listed,
}
"""How a value of ours goes into a field of a type; all other types take it as it is."""
FITTING: Mapping[TagKind, tuple[str, ...]] = {
    TagKind.CHOICE: ("enum", "varchar", "text"),
    TagKind.CHOICES: ("multiEnum", "array", "checklist", "varchar", "text"),
    TagKind.NUMBER: ("float", "varchar", "text"),
    TagKind.TEXT: ("text",),
    TagKind.DATE: ("date", "varchar", "text"),
}
"""The types of fields that hold a kind of ours without loss; the first one is what we make."""


def tags(row: Raw) -> dict[str, str]:
    """Our fields that hold something, in the form in which we write them."""
    found: dict[str, str] = {}
    for name, (theirs, bare) in NAMES.items():
        value = row.get(theirs, row.get(bare))
        if value is not None and value not in ("", []):
            shown = SHOWN.get(TAG_KINDS[name])
            found[name] = shown(value) if shown else str(value)
    return found


def places(fields: Mapping[str, Raw]) -> dict[str, str]:
    """Where our fields stand among an entity's: their names by ours."""
    return {name: theirs for name, both in NAMES.items() for theirs in both[::-1] if theirs in fields}


def payload(values: Mapping[str, str], fields: Mapping[str, Raw], names: Mapping[str, str]) -> dict[str, Any]:
    """What is sent for our values: each in the form that its field's type takes, empty ones as nothing."""
    return {names[name]: _kept(value, fields[names[name]]) for name, value in values.items()}


def _kept(value: str, described: Raw) -> Any:
    kind = described.get("type", "")
    if kind in ("multiEnum", "array", "checklist"):
        return listed(value)
    if not value:
        return "" if kind == "enum" and "" in (described.get("options") or ()) else None
    return KEPT[kind](value) if kind in KEPT else value


def missing(fields: Mapping[str, Raw], names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in places(fields)]
