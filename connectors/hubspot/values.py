"""HubSpot's values in our form, and our tags as HubSpot shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from crm_ext.connector_api import TAG_KINDS, TagKind, instant, joined

SHORT_NUMBER = re.compile(r"-?\d+(\.\d?)?")

Properties = Mapping[str, str | None]


@lru_cache(4096)
def moment(value: str | None) -> datetime | None:
    """A time as HubSpot gives it: RFC 3339, a date, or milliseconds since 1970; None for an empty one."""
    if not value:
        return None
    if value.lstrip("-").isdigit() and len(value) > 8:
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    at = datetime.fromisoformat(value) if "T" in value else instant(value)
    return at if at.tzinfo is UTC else instant(at)


def milliseconds(value: str | None) -> int:
    """The time in milliseconds since 1970, 0 for none."""
    at = moment(value)
    return 0 if at is None else round(at.timestamp() * 1000)


def money(value: str | None) -> Decimal | None:
    """An amount; raises ValueError for what is none."""
    if not value:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is no amount") from None


def truth(value: str | None) -> bool | None:
    return {"true": True, "false": False}.get((value or "").lower())


def one_decimal(value: str) -> str:
    """A number as we write it, whatever HubSpot left away; another one stays as it is."""
    return f"{float(value):.1f}" if SHORT_NUMBER.fullmatch(value) else value


def day(value: str) -> str:
    """A date as we write it: HubSpot may give midnight in milliseconds."""
    at = moment(value)
    return at.date().isoformat() if at else value


AS_OURS: Mapping[TagKind, Callable[[str], str]] = {
    TagKind.NUMBER: one_decimal,
    TagKind.CHOICES: lambda value: joined([each for each in value.split(";") if each]),
    TagKind.DATE: lambda value: day(value) if value.isdigit() else value[:10],
}


def tags(properties: Properties) -> dict[str, str]:
    """Our own properties that hold something, in the form in which we write them."""
    return {
        name: AS_OURS[kind](value) if kind in AS_OURS else value
        for name, kind in TAG_KINDS.items()
        if (value := properties.get(name))
    }
