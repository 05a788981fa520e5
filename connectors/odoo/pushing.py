"""Writing our values: contacts that get the same by one `write`, those that get different ones by one `load`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.odoo.errors import BadField, Forbidden, Refused
from connectors.odoo.ours import CUSTOM, NUMBERS, PARTNER, Ours
from connectors.odoo.rights import may
from connectors.odoo.server import Row as Raw
from connectors.odoo.server import Server
from crm_ext.connector_api import Gone, NeedsAttention, Outcome, Result, Row, SkipRecord, batched, halved, looked_up

BATCH = 500
"""`load` takes about 30 ms a row, and a worker has 60 seconds of processor time for a request."""
READ = 1000
ADD, REMOVE = 4, 3
"""Commands of Odoo that put a tag on and take it off; all others stay as they are."""
NOBODY = "Odoo has no such contact, or it is archived."
PREPARE = "Run `crm-ext connection prepare`, or let an administrator make the fields."


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes contacts' values of one database."""

    server: Server
    ours: Ours

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        """One result per row; rows are taken in batches. Raises NeedsAttention where nothing of ours was made."""
        for batch in batched(rows, BATCH):
            if not self.ours.made:
                raise NeedsAttention("Our fields or tags are not in Odoo yet.", fix=PREPARE)
            yield from (Result(row.id, Outcome.GONE, NOBODY) for row in batch if not row.id.isdecimal())
            yield from self._written([row for row in batch if row.id.isdecimal()])

    def read(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Our values by contact; those that are gone or archived are left out."""
        return {str(row["id"]): self.ours.of(row) or {} for row in self._rows(ids)}

    def _rows(self, ids: Sequence[str]) -> Iterator[Raw]:
        for batch in batched((int(each) for each in ids if each.isdecimal()), READ):
            yield from self.server.read(PARTNER, [("id", "in", batch)], self.ours.columns, archived=False)

    def _written(self, rows: Sequence[Row]) -> list[Result]:
        """Write what can be held here; the results tell, if that is not everything."""
        held = self.ours.held
        kept = {row.id: {name: value for name, value in row.values.items() if name in held} for row in rows}
        write = self._write_fields if self.ours.fields else self._write_tags
        asked = [Row(row.id, kept[row.id]) for row in rows if kept[row.id]]
        results = list(halved(asked, lambda part: looked_up(part, write, self.read))) if asked else []
        results += [Result(row.id) for row in rows if not kept[row.id]]
        whole = {row.id for row in rows if len(kept[row.id]) == len(row.values)}
        return [
            each if each.id in whole or each.outcome is not Outcome.OK else replace(each, written=kept[each.id])
            for each in results
        ]

    def _write_fields(self, rows: Sequence[Row]) -> list[Result]:
        """One call for rows that set the same fields: rows of the engine all do."""
        return self._in_groups(rows, lambda row: tuple(sorted(row.values)), self._alike)

    def _alike(self, rows: Sequence[Row]) -> list[Result]:
        values = rows[0].values
        if any(row.values != values for row in rows):
            return self._load(rows)
        return self._write(rows, {CUSTOM + name: sent(name, value) for name, value in values.items()})

    def _write_tags(self, rows: Sequence[Row]) -> list[Result]:
        return self._in_groups(rows, lambda row: tuple(sorted(row.values.items())), self._tag)

    def _tag(self, rows: Sequence[Row]) -> list[Result]:
        """Take off our tags of these fields but those that are wanted, and put those on: right whatever stood there."""
        values, ids = rows[0].values, self.ours.tags.ids
        try:
            wanted = {each for name, value in values.items() for each in self.ours.tags.wanted(name, value)}
        except KeyError as missing:
            raise Refused("A tag is missing.", detail=f"There is no tag {missing}. {PREPARE}") from missing
        others = {each for name in values for each in ids.get(name, {}).values()} - wanted
        commands = [*([REMOVE, each] for each in sorted(others)), *([ADD, each] for each in sorted(wanted))]
        return self._write(rows, {"category_id": commands})

    def _in_groups(
        self, rows: Sequence[Row], key: Callable[[Row], Hashable], write: Callable[[Sequence[Row]], list[Result]]
    ) -> list[Result]:
        """Write groups of rows one after the other; rows of a group that is refused are left out, if others are not."""
        groups: dict[Hashable, list[Row]] = {}
        for row in rows:
            groups.setdefault(key(row), []).append(row)
        done: list[Result] = []
        refused: SkipRecord | None = None
        for group in groups.values():
            try:
                done += write(group)
            except SkipRecord as error:
                self._prove(error)
                refused = error
        if refused and not done:
            raise refused
        return done

    def _write(self, rows: Sequence[Row], values: Mapping[str, Any]) -> list[Result]:
        """All rows or none; where some are gone, the others are written without them."""
        try:
            self.server.call(PARTNER, "write", [int(row.id) for row in rows], once=True, vals=dict(values))
        except Gone:
            here = self.read([row.id for row in rows])
            rest = [row for row in rows if row.id in here]
            if len(rest) in (0, len(rows)):
                raise
            gone = [Result(row.id, Outcome.GONE, NOBODY) for row in rows if row.id not in here]
            return [*gone, *self._write(rest, values)]
        return [Result(row.id) for row in rows]

    def _load(self, rows: Sequence[Row]) -> list[Result]:
        """All rows or none; an answer without ids names those that are to blame."""
        names = list(rows[0].values)
        data = [[row.id, *(row.values[name] for name in names)] for row in rows]
        fields = [".id", *(CUSTOM + name for name in names)]
        answer = self.server.call(PARTNER, "load", once=True, fields=fields, data=data)
        if answer.get("ids"):
            return [Result(row.id) for row in rows]
        told = {
            rows[each["record"]].id: str(each["message"])
            for each in answer.get("messages") or ()
            if each.get("type") == "error" and each.get("record") in range(len(rows))
        }
        if not told:
            words = " ".join(str(each.get("message")) for each in answer.get("messages") or ())
            raise BadField("Odoo refuses the values.", detail=words)
        self._prove(BadField("Odoo refuses the values.", detail=next(iter(told.values()))))
        here = self.read(list(told))
        return [Result(each, *blamed(each in here, words)) for each, words in told.items()]

    def _prove(self, error: SkipRecord) -> None:
        """Stop where no row can be written: raises NeedsAttention if a right or a field of ours is missing."""
        if isinstance(error, Forbidden) and may(self.server, PARTNER, "write") is False:
            raise NeedsAttention("Contacts may not be written.", fix=error.fix, detail=error.detail) from error
        if isinstance(error, BadField) and (fields := self.ours.fields):
            self.ours.forget()
            if self.ours.fields != fields:
                raise NeedsAttention("Fields of ours are gone.", fix=PREPARE, detail=error.detail) from error


def sent(name: str, value: str) -> Any:
    """A value as `write` takes it: empty is False, a number is one."""
    if not value:
        return False
    return float(value) if name in NUMBERS else value


def blamed(here: bool, words: str) -> tuple[Outcome, str]:
    """The result of a row that `load` names: one that is gone, or one that cannot be written."""
    return (Outcome.PERMANENT, words) if here else (Outcome.GONE, words or NOBODY)
