"""Where our fields stand in Tryton: choices as categories under one parent, everything else in one note of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.tryton.rpc import Rpc
from crm_ext.connector_api import joined

GROUP = "crm_ext"
"""The parent category of ours."""

SEPARATOR = ": "
MARK = "[crm-ext]"
"""How a note of ours begins; it is never read back as an activity."""

HEAD = f"{MARK} Kept up to date by crm-ext. What is changed here is not kept."
INDENT = "  "
COPIED = ("crm_ext_next_step",)
"""Fields that the note repeats for readers, though a category holds them."""


@dataclass
class Categories:
    """Our categories as they stand: the parent's id, and by field and value their ids."""

    parent: int | None = None
    ids: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def named(self) -> dict[int, tuple[str, str]]:
        return {id_: (name, value) for name, values in self.ids.items() for value, id_ in values.items()}

    def values(self, categories: Iterable[int]) -> dict[str, str]:
        """Our values among a party's categories; several of one field are joined."""
        found: dict[str, list[str]] = {}
        named = self.named
        for name, value in (named[each] for each in categories if each in named):
            found.setdefault(name, []).append(value)
        return {name: joined(values) for name, values in found.items()}

    def wanted(self, name: str, value: str) -> set[int]:
        """The categories of a field's value. Raises KeyError, naming the value, where there is none."""
        return {self.ids[name][each] for each in value.split(";") if each}


def categories(rpc: Rpc) -> Categories:
    """Our categories, archived ones included, in two calls."""
    search, all_of_them = "party.category.search_read", {"active_test": False}
    domain = [["name", "=", GROUP], ["parent", "=", None]]
    parents = rpc.model(search, domain, 0, 1, None, ["name"], context=all_of_them)
    if not parents:
        return Categories()
    found = Categories(parents[0]["id"])
    children = [["parent", "=", found.parent]]
    for row in rpc.model(search, children, 0, None, None, ["name"], context=all_of_them):
        name, separator, value = row["name"].partition(SEPARATOR)
        if separator:
            found.ids.setdefault(name, {})[value] = row["id"]
    return found


def written(values: Mapping[str, str], held: Iterable[str]) -> str:
    """The note for our values, empty if there is nothing to tell; `held` are the fields that categories hold."""
    own = [name for name in values if name not in held and values[name]]
    if not own:
        return ""
    copied = [name for name in COPIED if name in held and values.get(name)]
    return "\n".join([HEAD, *(_line(name, values[name]) for name in (*copied, *sorted(own)))])


def _line(name: str, value: str) -> str:
    if "\n" not in value:
        return f"{name}{SEPARATOR}{value}"
    return "\n".join([f"{name}:", *(f"{INDENT}{line}" for line in value.split("\n"))])


def read(message: str, held: Iterable[str]) -> dict[str, str]:
    """Our values in a note of ours, without those that categories hold."""
    values: dict[str, list[str]] = {}
    name = ""
    for line in message.split("\n")[1:]:
        if name and (line.startswith(INDENT) or not line):
            values[name].append(line.removeprefix(INDENT))
        else:
            name, separator, value = (
                line.partition(SEPARATOR) if SEPARATOR in line else (line.removesuffix(":"), "", "")
            )
            values[name] = [value] if separator else []
    return {name: "\n".join(lines) for name, lines in values.items() if name not in held}


def notes(rpc: Rpc, parties: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Our notes by party, the newest last: it is the one that counts, as Tryton's notes cannot be changed."""
    if not parties:
        return {}
    domain = [["resource", "in", [f"party.party,{each}" for each in parties]], ["message", "like", f"{MARK}%"]]
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rpc.model("ir.note.search_read", domain, 0, None, [["id", "ASC"]], ["resource", "message"]):
        found.setdefault(int(row["resource"].partition(",")[2]), []).append(row)
    return found
