"""EspoCRM's values in our form."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

FORMAT = "%Y-%m-%d %H:%M:%S"


@lru_cache(8192)
def moment(value: str | None) -> datetime | None:
    """A time as EspoCRM gives it, in UTC without saying so, or a date; None for an empty one."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None


def stamp(seconds: float) -> str:
    """A time as EspoCRM compares it: whole seconds, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime(FORMAT)


def money(value: Any) -> Decimal | None:
    """An amount; raises ValueError for what is none."""
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no amount") from None


def text(value: Any) -> str:
    """Any attribute as text; empty for none."""
    if value is None or value == []:
        return ""
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def domain(website: str) -> str:
    """The host of a web address, without www."""
    host = urlsplit(website if "//" in website else f"//{website}").hostname or ""
    return host.removeprefix("www.")
