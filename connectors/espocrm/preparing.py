"""Making our fields by the field manager, as an admin; or else saying exactly what an admin has to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.espocrm.api import EspoApi, Forbidden
from connectors.espocrm.kinds import CONTACTS, EntityKind
from connectors.espocrm.ours import FITTING, asked, places
from crm_ext.connector_api import ConnectorError, Finding, Gone, Level, SkipRecord, TagKind, TagSpec

LABELS = {
    "enum": "Enum",
    "multiEnum": "Multi-Enum",
    "float": "Float",
    "text": "Text",
    "date": "Date",
}
"""What EspoCRM's pages call the types."""
WITH_OPTIONS = (TagKind.CHOICE, TagKind.CHOICES)
ENCLOSED = ("enum", "multiEnum", "checklist")
"""Types that refuse a value which is not among their options."""
BY_HAND = (
    "In EspoCRM: Administration → Entity Manager → {entity} → Fields → {what}. Or set admin_login and admin_password."
)
RENAME = "Somebody made a field of this name: remove it in EspoCRM's Entity Manager, then prepare again."
Raw = Mapping[str, Any]


class Preparer:
    """Our fields on the entities `kinds`. `admin` makes them, `api` reads what there is."""

    def __init__(self, api: EspoApi, admin: EspoApi, kinds: Sequence[EntityKind]) -> None:
        self._api = api
        self._admin = admin
        self._kinds = kinds

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        """One field after the other: EspoCRM rebuilds its database for each."""
        return [finding for kind in self._kinds for finding in self._entity(kind, tags)]

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        """Take our fields away."""
        return [finding for kind in self._kinds for finding in self._cleared(kind, tags)]

    def _fields(self, kind: EntityKind) -> Mapping[str, Raw]:
        return self._api.metadata(f"entityDefs.{kind.name}.fields") or {}

    def _entity(self, kind: EntityKind, tags: Sequence[TagSpec]) -> Iterator[Finding]:
        fields = self._fields(kind)
        names = places(fields)
        steps = {tag.name: self._step(kind, tag, fields.get(names.get(tag.name, ""))) for tag in tags}
        refusal: ConnectorError | None = None
        failed: dict[str, str] = {}
        for name, step in steps.items():
            if step is None or refusal:
                continue
            try:
                step(names.get(name, ""))
            except Forbidden as error:
                refusal = error
            except SkipRecord as error:
                failed[name] = str(error)
        after = fields if refusal or not any(steps.values()) else self._fields(kind)
        for tag in tags:
            made = steps[tag.name] is not None
            yield self._told(kind, tag, after, made=made, failed=failed.get(tag.name, ""), refusal=refusal)

    def _step(self, kind: EntityKind, tag: TagSpec, there: Raw | None) -> Callable[[str], None] | None:
        """What must be done for a tag, given its field's name; None if nothing."""
        if there is None:
            return lambda _: self._make(kind, tag)
        if there.get("type") in FITTING[tag.kind] and lacking(tag, there):
            return lambda name: self._add(kind, tag, name, there)
        return None

    def _make(self, kind: EntityKind, tag: TagSpec) -> None:
        self._admin.post(f"Admin/fieldManager/{kind.name}", json=described(tag))

    def _add(self, kind: EntityKind, tag: TagSpec, name: str, there: Raw) -> None:
        """Options that are missing; those that others added stay."""
        options = [*(there.get("options") or ()), *lacking(tag, there)]
        body = {"type": there["type"], "options": options}
        self._admin.json("PUT", f"Admin/fieldManager/{kind.name}/{name}", json=body)

    def _told(
        self,
        kind: EntityKind,
        tag: TagSpec,
        fields: Mapping[str, Raw],
        *,
        made: bool,
        failed: str,
        refusal: ConnectorError | None,
    ) -> Finding:
        """How a field stands now."""
        name, level = f"{kind.name}.{tag.name}", Level.FAIL if kind is CONTACTS else Level.WARN
        there = fields.get(places(fields).get(tag.name, ""))
        if there is None:
            words = failed or (f"is missing. {refusal.detail}".strip() if refusal else "is missing")
            return Finding(name, level, words, BY_HAND.format(entity=kind.name, what=by_hand(tag)))
        if there.get("type") not in FITTING[tag.kind]:
            return Finding(name, level, f"it is of type {there.get('type')}, not {FITTING[tag.kind][0]}", RENAME)
        if absent := lacking(tag, there):
            what = f"{places(fields)[tag.name]}: add the options {', '.join(map(repr, absent))}"
            return Finding(name, level, failed or "options are missing", BY_HAND.format(entity=kind.name, what=what))
        return Finding(name, Level.PASS, f"{'made' if made else 'is there'}: {places(fields)[tag.name]}")

    def _cleared(self, kind: EntityKind, tags: Sequence[TagSpec]) -> Iterator[Finding]:
        names = places(self._fields(kind))
        for tag in tags:
            if tag.name in names:
                yield self._removed(kind, tag.name, names[tag.name])

    def _removed(self, kind: EntityKind, ours: str, theirs: str) -> Finding:
        try:
            self._admin.json("DELETE", f"Admin/fieldManager/{kind.name}/{theirs}")
        except Gone:
            return Finding(f"{kind.name}.{ours}", Level.PASS, "was not there")
        except (Forbidden, SkipRecord) as error:
            fix = BY_HAND.format(entity=kind.name, what=f"{theirs}: Remove")
            return Finding(f"{kind.name}.{ours}", Level.WARN, error.detail or error.message, fix)
        return Finding(f"{kind.name}.{ours}", Level.PASS, "removed")


def values(tag: TagSpec) -> list[str]:
    """The options that a field needs; a single choice has an empty one, too."""
    options = [value for value, _ in tag.options]
    return ["", *options] if tag.kind is TagKind.CHOICE else options


def lacking(tag: TagSpec, there: Raw) -> list[str]:
    """The options that a field refuses, and should not."""
    if tag.kind not in WITH_OPTIONS or there.get("type") not in ENCLOSED or there.get("allowCustomOptions"):
        return []
    standing = there.get("options") or ()
    return [each for each in values(tag) if each not in standing]


def described(tag: TagSpec) -> dict[str, Any]:
    """A field as the field manager takes it."""
    body: dict[str, Any] = {"type": FITTING[tag.kind][0], "name": asked(tag.name), "label": tag.label}
    if tag.kind in WITH_OPTIONS:
        body |= {"options": values(tag), "translatedOptions": {"": "", **dict(tag.options)}}
    return body


def by_hand(tag: TagSpec) -> str:
    """What an admin has to click and type."""
    options = f", options: {', '.join(map(repr, values(tag)))}" if tag.kind in WITH_OPTIONS else ""
    return f"Add Field → {LABELS[FITTING[tag.kind][0]]}, name: {asked(tag.name)}, label: {tag.label}{options}"
