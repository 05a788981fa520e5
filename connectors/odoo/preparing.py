"""Making our fields, or our tags where the user may not make fields, and taking them away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from connectors.odoo.errors import Forbidden
from connectors.odoo.ours import CATEGORY, CHOICES, CUSTOM, GROUP, PARTNER, SEPARATOR, Ours
from connectors.odoo.server import Server, Unreadable
from crm_ext.connector_api import Finding, Level, SkipRecord, TagKind, TagSpec, Unsure

MadeT = TypeVar("MadeT")
TYPES: Mapping[TagKind, str] = {
    TagKind.CHOICE: "selection",
    TagKind.CHOICES: "char",
    TagKind.NUMBER: "float",
    TagKind.TEXT: "text",
    TagKind.DATE: "date",
}
"""Odoo's types for our kinds of fields; a list of choices is text, its ids separated by semicolons."""
FIELD, MODEL = "ir.model.fields", "ir.model"
CREATE = 0
"""The command that makes a record of a list."""
BY_HAND = (
    "Prepare once with the key of an administrator; afterwards a salesperson's is enough. Or make them by hand in "
    "Settings, Technical, Database Structure, Fields (model res.partner): "
)
REMOVE_FIELDS = (
    "Take them out of the views that show them, or remove them with an administrator's key: Settings, Technical, "
    "Database Structure, Fields."
)
REMOVE_TAGS = "Remove them by hand: Contacts, Configuration, Contact Tags."
LOOKS = 3
"""How often we look whether something was made, when the answer got lost."""


def prepare(server: Server, ours: Ours, tags: Sequence[TagSpec]) -> list[Finding]:
    """What is there stays as it is; options that are missing are added. Twice changes nothing."""
    ours.forget()
    if ours.write_as == "tags":
        return [make_tags(server, ours, tags)]
    try:
        findings = repeated(lambda: list(make_fields(server, tags)))
    except (Unreadable, Forbidden) as error:
        ours.forget()
        return list(by_hand(server, ours, tags, error.detail))
    ours.forget()
    return findings


def make_fields(server: Server, tags: Sequence[TagSpec]) -> Iterator[Finding]:
    there = server.fields(PARTNER, ["type", "selection"])
    missing = [tag for tag in tags if CUSTOM + tag.name not in there]
    if missing:
        model = server.ids(MODEL, [("model", "=", PARTNER)], 1, archived=False)[0]
        server.call(FIELD, "create", once=True, vals_list=[described(tag, model) for tag in missing])
    for tag in tags:
        if tag in missing:
            yield Finding(tag.name, Level.PASS, "made")
        else:
            yield repaired(server, tag, there[CUSTOM + tag.name])


def described(tag: TagSpec, model: int) -> dict[str, Any]:
    """A field as Odoo wants it described."""
    options = {"selection_ids": added(tag, ())} if tag.kind is TagKind.CHOICE else {}
    return {
        "model_id": model,
        "name": CUSTOM + tag.name,
        "field_description": tag.label,
        "ttype": TYPES[tag.kind],
        "state": "manual",
        **options,
    }


def added(tag: TagSpec, known: Sequence[str]) -> list[Any]:
    """Commands for the options that are not known yet."""
    return [[CREATE, 0, {"value": value, "name": label}] for value, label in tag.options if value not in known]


def repaired(server: Server, tag: TagSpec, there: Mapping[str, Any]) -> Finding:
    """A field that is there, with the options that it lacked."""
    if there["type"] != TYPES[tag.kind]:
        fix = f"Rename or delete the field {CUSTOM}{tag.name} in Odoo, then prepare again."
        return Finding(tag.name, Level.FAIL, f"it is of type {there['type']}, not {TYPES[tag.kind]}", fix)
    options = added(tag, [value for value, _ in there.get("selection") or ()]) if tag.kind is TagKind.CHOICE else []
    if not options:
        return Finding(tag.name, Level.PASS, "is there")
    ids = server.ids(FIELD, [("model", "=", PARTNER), ("name", "=", CUSTOM + tag.name)], 1, archived=False)
    server.call(FIELD, "write", ids, once=True, vals={"selection_ids": options})
    return Finding(tag.name, Level.PASS, f"options added: {', '.join(each[2]['value'] for each in options)}")


def by_hand(server: Server, ours: Ours, tags: Sequence[TagSpec], words: str) -> Iterator[Finding]:
    """What can be done without an administrator: our tags, and the words for what is missing."""
    missing = [tag for tag in tags if CUSTOM + tag.name not in ours.fields]
    listed = "; ".join(f"{CUSTOM}{tag.name} ({instructions(tag)})" for tag in missing)
    if not missing:
        yield Finding("fields", Level.PASS, "all are there; only an administrator may add options")
    elif ours.fields or ours.write_as == "fields":
        level = Level.WARN if ours.fields else Level.FAIL
        yield Finding("fields", level, f"{len(missing)} are missing. {words}".strip(), BY_HAND + listed)
    else:
        yield Finding("fields", Level.WARN, f"may not be made: tags are used instead. {words}", BY_HAND + listed)
        yield make_tags(server, ours, tags)


def instructions(tag: TagSpec) -> str:
    """A field's type and options, for somebody who makes it by hand."""
    options = ", ".join(value for value, _ in tag.options) if tag.kind is TagKind.CHOICE else ""
    return f"{TYPES[tag.kind]}: {options}" if options else TYPES[tag.kind]


def make_tags(server: Server, ours: Ours, tags: Sequence[TagSpec]) -> Finding:
    """One tag for each value of each choice, under our parent."""
    wanted = [(tag.name, value) for tag in tags if tag.kind in CHOICES for value, _ in tag.options]
    made = repeated(lambda: _missing_tags(server, ours, wanted))
    left = ", ".join(tag.name for tag in tags if tag.kind not in CHOICES)
    return Finding("tags", Level.PASS, f"under {GROUP}: {made} made. Tags cannot hold {left}.")


def _missing_tags(server: Server, ours: Ours, wanted: Sequence[tuple[str, str]]) -> int:
    ours.forget()
    standing = ours.tags
    missing = [(name, value) for name, value in wanted if value not in standing.ids.get(name, {})]
    parent = standing.parent or server.call(CATEGORY, "create", once=True, vals_list=[{"name": GROUP}])[0]
    if missing:
        rows = [{"name": f"{name}{SEPARATOR}{value}", "parent_id": parent} for name, value in missing]
        server.call(CATEGORY, "create", once=True, vals_list=rows)
    if standing.archived:
        server.call(CATEGORY, "write", sorted(standing.archived), vals={"active": True})
    ours.forget()
    return len(missing) + len(standing.archived)


def clear(server: Server, ours: Ours, tags: Sequence[TagSpec]) -> list[Finding]:
    """Take our fields and tags away; what Odoo does not let go is told, with its words."""
    ours.forget()
    found = [_cleared("tags", partial(_clear_tags, server, ours, tags), REMOVE_TAGS)]
    found.append(_cleared("fields", partial(_clear_fields, server, ours, tags), REMOVE_FIELDS))
    ours.forget()
    return found


def _cleared(name: str, remove: Callable[[], int], fix: str) -> Finding:
    try:
        return Finding(name, Level.PASS, f"{remove()} taken away")
    except (SkipRecord, Unreadable) as error:
        return Finding(name, Level.WARN, f"they stay. {error.detail}".strip(), fix)


def _clear_tags(server: Server, ours: Ours, tags: Sequence[TagSpec]) -> int:
    """Our tags, and their parent, if nobody keeps others under it."""
    standing = ours.tags
    ids = [each for tag in tags for each in standing.ids.get(tag.name, {}).values()]
    if ids:
        server.call(CATEGORY, "unlink", ids)
    if standing.parent and not server.count(CATEGORY, [("parent_id", "=", standing.parent)], archived=True):
        server.call(CATEGORY, "unlink", [standing.parent])
    return len(ids)


def _clear_fields(server: Server, ours: Ours, tags: Sequence[TagSpec]) -> int:
    names = [CUSTOM + tag.name for tag in tags if CUSTOM + tag.name in ours.fields]
    if names:
        found = server.ids(FIELD, [("model", "=", PARTNER), ("name", "in", names)], len(names), archived=False)
        server.call(FIELD, "unlink", found)
    return len(names)


def repeated(make: Callable[[], MadeT]) -> MadeT:
    """Make what is missing; where an answer gets lost, look anew before anything is made a second time."""
    for _ in range(LOOKS - 1):
        try:
            return make()
        except Unsure:
            continue
    return make()
