"""Our values on res.partner: as fields `x_crm_ext_…`, or, where those may not be made, as tags under one parent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from connectors.odoo.server import Row, Server
from connectors.odoo.values import text
from crm_ext.connector_api import TAG_KINDS, TagKind, joined

PARTNER = "res.partner"
CATEGORY = "res.partner.category"
CUSTOM = "x_"
"""Names of fields that are made by hand begin so: Odoo refuses all others."""
GROUP = "crm_ext"
"""The parent of our tags."""
SEPARATOR = ": "
FIELDS = tuple(f"{CUSTOM}{name}" for name in TAG_KINDS)
CHOICES = (TagKind.CHOICE, TagKind.CHOICES)
IN_TAGS = tuple(name for name, kind in TAG_KINDS.items() if kind in CHOICES)
"""What tags can hold: whatever has few values."""


def one_decimal(value: Any) -> str:
    return f"{float(value):.1f}"


NUMBERS = tuple(name for name, kind in TAG_KINDS.items() if kind is TagKind.NUMBER)
SHOWN: Sequence[tuple[str, str, Callable[[Any], str]]] = tuple(
    (name, CUSTOM + name, one_decimal if name in NUMBERS else text) for name in TAG_KINDS
)
"""Our name of a field, Odoo's, and how a value that stands there is written by us."""


def values(row: Row) -> dict[str, str]:
    """Our fields that hold something. Odoo shows an empty number as 0.0: it counts only beside other values."""
    found = {name: shown(value) for name, column, shown in SHOWN if (value := row.get(column)) not in (False, None, "")}
    return found if any(name not in NUMBERS or float(value) for name, value in found.items()) else {}


@dataclass
class Tags:
    """Our tags as they stand: the parent's id, by field and value their ids, and which are out of sight."""

    parent: int | None = None
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    archived: set[int] = field(default_factory=set)

    @cached_property
    def named(self) -> dict[int, tuple[str, str]]:
        return {id_: (name, value) for name, values in self.ids.items() for value, id_ in values.items()}

    def values(self, held: Iterable[int]) -> dict[str, str]:
        """Our values among a contact's tags; several of one field are joined."""
        found: dict[str, list[str]] = {}
        for name, value in (self.named[each] for each in held if each in self.named):
            found.setdefault(name, []).append(value)
        return {name: joined(each) for name, each in found.items()}

    def wanted(self, name: str, value: str) -> set[int]:
        """The tags of a field's value. Raises KeyError, naming the value, where there is none."""
        return {self.ids[name][each] for each in value.split(";") if each}


def tags(server: Server) -> Tags:
    """Our tags in one call. Names are not unique in Odoo: of two alike, the older is ours."""
    domain = ["|", ("name", "=", GROUP), ("parent_id.name", "=", GROUP)]
    rows = server.read(CATEGORY, domain, ("name", "parent_id", "active"))
    parents = [row["id"] for row in rows if row["name"] == GROUP and not row["parent_id"]]
    found = Tags(parents[0] if parents else None)
    for row in rows:
        name, separator, value = row["name"].partition(SEPARATOR)
        if separator and row["parent_id"] and row["parent_id"][0] == found.parent:
            found.ids.setdefault(name, {}).setdefault(value, row["id"])
    ours = {found.parent, *(each for values in found.ids.values() for each in values.values())}
    found.archived = {row["id"] for row in rows if row["id"] in ours and not row["active"]}
    return found


class Ours:
    """Where our values stand in this database, found out when it is first asked for."""

    def __init__(self, server: Server, write_as: str) -> None:
        self.server, self.write_as = server, write_as

    def forget(self) -> None:
        self.server.forget_fields(PARTNER)
        for name in ("fields", "tags"):
            self.__dict__.pop(name, None)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Our fields that exist, none where tags are to be used."""
        if self.write_as == "tags":
            return ()
        there = self.server.fields(PARTNER, ["type"])
        return tuple(name for name in FIELDS if name in there)

    @cached_property
    def tags(self) -> Tags:
        return tags(self.server)

    @property
    def made(self) -> bool:
        """Whether anything of ours was made yet."""
        return bool(self.fields) or (self.write_as != "fields" and self.tags.parent is not None)

    @property
    def held(self) -> frozenset[str]:
        """Our names of what can be written here."""
        return frozenset(name.removeprefix(CUSTOM) for name in self.fields) or frozenset(IN_TAGS)

    @property
    def columns(self) -> tuple[str, ...]:
        """What to read along with a contact, so that `of` can tell our values."""
        return self.fields or (("category_id",) if self.made else ())

    def of(self, row: Row) -> dict[str, str] | None:
        """Our values in a row that was read with `columns`; None while nothing of ours was made."""
        if self.fields:
            return values(row)
        return self.tags.values(row.get("category_id") or ()) if self.made else None
