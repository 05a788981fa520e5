"""Making our categories, and taking them away."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.tryton import tags as ours
from connectors.tryton.rpc import Rpc
from crm_ext.connector_api import Finding, Level, NeedsAttention, SkipRecord, TagKind, TagSpec

CHOICES = (TagKind.CHOICE, TagKind.CHOICES)


def prepare(rpc: Rpc, tags: Sequence[TagSpec]) -> list[Finding]:
    """One category for each value of each choice, under our parent; what is there already is left as it is."""
    standing = ours.categories(rpc)
    wanted = [(tag.name, value) for tag in tags if tag.kind in CHOICES for value, _ in tag.options]
    missing = [(name, value) for name, value in wanted if value not in standing.ids.get(name, {})]
    try:
        parent = standing.parent or rpc.model("party.category.create", [{"name": ours.GROUP}], once=True)[0]
        if missing:
            rows = [{"name": f"{name}{ours.SEPARATOR}{value}", "parent": parent} for name, value in missing]
            rpc.model("party.category.create", rows, once=True)
    except SkipRecord as error:
        fix = "Give the user the group Party Administration, at least while this runs."
        raise NeedsAttention("Our categories could not be made.", fix=fix, detail=error.detail) from error
    said = f"{len(missing)} made, {len(wanted) - len(missing)} were there." if missing else "All were there."
    notes = [tag.name for tag in tags if tag.kind not in CHOICES]
    return [
        Finding("categories", Level.PASS, f"Under {ours.GROUP}: {said}"),
        Finding("note", Level.PASS, f"One note per party holds {', '.join(notes)}."),
    ]


def clear(rpc: Rpc, tags: Sequence[TagSpec]) -> list[Finding]:
    """Take our categories away, and their parent, if nobody keeps others under it."""
    standing = ours.categories(rpc)
    names = {tag.name for tag in tags}
    ids = [each for name, values in standing.ids.items() if name in names for each in values.values()]
    if ids:
        rpc.model("party.category.delete", ids)
    left = 0
    if standing.parent is not None:
        left = rpc.model("party.category.search_count", [["parent", "=", standing.parent]])
        if not left:
            rpc.model("party.category.delete", [standing.parent])
    kept = f" {left} of others' were left under {ours.GROUP}." if left else ""
    return [Finding("categories", Level.PASS, f"{len(ids)} taken away.{kept}")]
