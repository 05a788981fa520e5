"""Lists a page at a time, by the place where the page before ended: as quick at the end as at the beginning."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import Select

from crm_ext.errors import CrmExtError
from crm_ext.store.base import db

T = TypeVar("T")
LARGEST = 2**31 - 1


class WrongPlace(CrmExtError):
    """What was given as a place in a list is none."""

    status = 422

    def __init__(self) -> None:
        super().__init__("This is no place in the list.", fix="Give `after` the `next` of the page before, unchanged.")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Some rows, and where to go on; None at the end."""

    items: Sequence[T]
    next: str | None


def by_number(query: Select[Any], column: Any, *, after: str, limit: int, newest: bool = True) -> Slice[Any]:
    """Rows of one entity by their number, the newest first. Raises WrongPlace."""
    if after:
        if not after.isdecimal() or int(after) > LARGEST:
            raise WrongPlace
        query = query.where(column < int(after) if newest else column > int(after))
    rows = db.session.scalars(query.order_by(column.desc() if newest else column).limit(limit + 1)).all()
    more = len(rows) > limit
    return Slice(rows[:limit], str(getattr(rows[limit - 1], column.key)) if more else None)


def marked(*place: Any) -> str:
    """A place as an opaque text."""
    return urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place(mark: str, *kinds: type) -> list[Any]:
    """The place that a text marks, as values of these kinds. Raises WrongPlace."""
    try:
        found = orjson.loads(urlsafe_b64decode(f"{mark}{'=' * (-len(mark) % 4)}".encode("ascii")))
    except ValueError as error:
        raise WrongPlace from error
    if not isinstance(found, list) or len(found) != len(kinds):
        raise WrongPlace
    if not all(type(value) is kind for value, kind in zip(found, kinds, strict=True)) or "\0" in str(found):
        raise WrongPlace
    return found
