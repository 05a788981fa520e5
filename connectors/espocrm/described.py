"""The fields that EspoCRM offers, with types, labels, options, and how many records fill them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.espocrm.api import EspoApi
from connectors.espocrm.kinds import EntityKind
from crm_ext.connector_api import ConnectorError, Field

SAMPLE = 100
SUFFIXES = ("", "Id", "Ids")
"""What an attribute adds to its field's name: links end in Id or Ids."""
Raw = Mapping[str, Any]


def fields(api: EspoApi, kinds: Sequence[EntityKind]) -> list[Field]:
    """The fields of a stream's entities, each name once."""
    found: dict[str, Field] = {}
    labels = _labels(api)
    for kind in kinds:
        for each in _of_entity(api, kind, labels.get(kind.name) or {}, (labels.get("Global") or {})):
            found.setdefault(each.name, each)
    return list(found.values())


def _of_entity(api: EspoApi, kind: EntityKind, labels: Raw, common: Raw) -> Iterator[Field]:
    described = api.metadata(f"entityDefs.{kind.name}.fields") or {}
    rows, _ = api.listed(kind.name, [name + end for name in described for end in SUFFIXES], kind.where, size=SAMPLE)
    named = {**(common.get("fields") or {}), **(labels.get("fields") or {})}
    shown = labels.get("options") or {}
    for name, each in sorted(described.items()):
        options = [str(value) for value in each.get("options") or ()]
        words = shown.get(name) or {}
        pairs = tuple((value, str(words.get(value, value))) for value in options) if isinstance(words, dict) else ()
        fill = sum(_filled(row, name) for row in rows) / len(rows) if rows else None
        yield Field(kind.stream, name, str(named.get(name) or name), str(each.get("type") or "text"), fill, pairs)


def _filled(row: Raw, name: str) -> bool:
    return any(row.get(name + end) not in (None, "", [], {}) for end in SUFFIXES)


def _labels(api: EspoApi) -> Raw:
    try:
        found = api.get("I18n")
    except ConnectorError:
        return {}
    return found if isinstance(found, dict) else {}
