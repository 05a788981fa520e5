"""From rows to changes, with our own values and an admin's mapping over our own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.odoo.lookups import Lookups
from connectors.odoo.ours import Ours
from connectors.odoo.server import Row
from connectors.odoo.sources import Source
from connectors.odoo.values import text
from crm_ext.connector_api import BadRow, Change, Deleted, FieldMap, Kind, Record, Stream

KINDS = {each.value: each for each in Kind}


@dataclass(frozen=True, slots=True)
class Mapper:
    """Makes changes of one connection's rows."""

    mapping: FieldMap
    lookups: Lookups
    ours: Ours

    def fields(self, source: Source) -> tuple[str, ...]:
        """All fields to ask for."""
        own, custom = self.mapping.fields.get(source.stream, {}), self.mapping.custom.get(source.stream, {})
        tags = self.ours.columns if source.stream is Stream.CONTACTS else ()
        return tuple(dict.fromkeys((*source.fields, *tags, *own.values(), *custom)))

    def changes(self, source: Source, rows: list[Row]) -> tuple[list[Change], list[BadRow]]:
        source.seen(self.lookups, rows)
        changes: list[Change] = []
        bad: list[BadRow] = []
        for row in rows:
            try:
                changes.append(self._change(source, row))
            except (ValueError, TypeError, KeyError, ArithmeticError) as error:
                bad.append(BadRow(source.stream, f"{source.model} {row['id']}", str(error), source.id(row["id"])))
        return changes, bad

    def _change(self, source: Source, row: Row) -> Change:
        if not source.shows(self.lookups, row):
            return Deleted(source.stream, source.id(row["id"]))
        record = source.record(self.lookups, row)
        added = self._added(source.stream, record, row)
        if source.stream is Stream.CONTACTS:
            added["tags"] = self.ours.of(row)
        return replace(record, **added) if added else record

    def _added(self, stream: Stream, record: Record, row: Row) -> dict[str, Any]:
        """What the admin's mapping makes of a row: other fields for ours, values by table, custom fields."""
        if not (stream in self.mapping.fields or stream in self.mapping.values or stream in self.mapping.custom):
            return {}
        own, custom = self.mapping.fields.get(stream, {}), self.mapping.custom.get(stream, {})
        added: dict[str, Any] = {name: text(row[theirs]) for name, theirs in own.items() if theirs in row}
        for name, table in self.mapping.values.get(stream, {}).items():
            value = added.get(name, getattr(record, name))
            added[name] = table.get(str(value or ""), value)
        if "kind" in added and stream is Stream.CONTACTS:
            added["kind"] = KINDS.get(added["kind"])
        kept = {name: value for theirs, name in custom.items() if (value := text(row.get(theirs)))}
        return {**added, "custom": {**record_custom(record), **kept}} if custom else added


def record_custom(record: Record) -> Mapping[str, str]:
    return getattr(record, "custom", {})
