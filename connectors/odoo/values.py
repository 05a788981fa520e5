"""Odoo's values in our form: empty is `False`, times are UTC without saying so, a reference is [id, name]."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit


@lru_cache(4096)
def moment(value: str | bool | None) -> datetime | None:
    """A time or a date, None for an empty one."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) and value else None


def wire(value: datetime) -> str:
    """A time as every version takes it, in domains and in values."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def reference(value: Any) -> int | None:
    """The id in [id, name]."""
    return int(value[0]) if value else None


def label(value: Any) -> str:
    """The name in [id, name]."""
    return str(value[1] or "") if value else ""


def external(value: Any) -> str | None:
    """The id in [id, name], as we name records."""
    return str(value[0]) if value else None


def money(value: Any) -> Decimal | None:
    """An amount, without the digits that a float makes up."""
    return None if value is False or value is None else Decimal(repr(value))


def text(value: Any) -> str:
    """Any value of a field as text, empty for none."""
    if value is False or value is None:
        return ""
    if isinstance(value, list):
        return str(value[1] or "") if len(value) == 2 and isinstance(value[1], str) else ";".join(map(str, value))
    return str(value)


def host(address: str) -> str:
    """The host of a web address, with or without a scheme, without `www.`."""
    return (urlsplit(address if "//" in address else f"//{address}").hostname or "").removeprefix("www.")
