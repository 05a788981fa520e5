"""What differs between two playbooks, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from crm_ext.playbook.items import Playbook


class Difference(NamedTuple):
    """`place` is file, item and field; a side that has nothing there is None."""

    place: str
    old: Any
    new: Any


def diff(old: Playbook, new: Playbook) -> list[Difference]:
    """Every field that was added, changed or taken away, in the order of files and items."""
    return list(_between("", keyed(old.documents), keyed(new.documents)))


def keyed(thing: Any) -> Any:
    """Lists of items as objects by id, so that an item that moved is not an item that changed."""
    if isinstance(thing, Mapping):
        return {str(key): keyed(value) for key, value in thing.items()}
    if isinstance(thing, list) and thing and all(isinstance(each, Mapping) and "id" in each for each in thing):
        return {str(each["id"]): keyed(each) for each in thing}
    return thing


def _between(place: str, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _between(f"{place}.{key}".lstrip("."), old.get(key), new.get(key))
    elif old != new:
        yield Difference(place, old, new)
