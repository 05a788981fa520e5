"""Writing our categories and our note: what stands there is read, and only what differs is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.tryton import tags
from connectors.tryton.lookups import Lookups
from connectors.tryton.rpc import Rpc
from crm_ext.connector_api import NeedsAttention, Outcome, Result, Row, Unsure, halved

LOOKS = 3
"""How often a batch whose answer got lost is looked at again before it is left for later."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one party needs: categories to add and remove, its note's text (empty: none), the notes that it has."""

    party: int
    add: tuple[int, ...]
    remove: tuple[int, ...]
    message: str
    notes: Sequence[Mapping[str, Any]]

    @property
    def kept(self) -> int | None:
        """The note that already tells the message."""
        return next((each["id"] for each in reversed(self.notes) if each["message"] == self.message), None)


class Pushing:
    """Writes one batch of rows at a time."""

    def __init__(self, rpc: Rpc, lookups: Lookups) -> None:
        self.rpc, self.lookups = rpc, lookups

    def batch(self, rows: Sequence[Row]) -> Iterator[Result]:
        """Write rows. Where an answer gets lost, what stands in the CRM is read anew before anything is sent again."""
        if self.lookups.categories.parent is None:
            raise NeedsAttention("Our categories are not in Tryton yet.", fix="Run `crm-ext connection prepare`.")
        for turn in range(1, LOOKS + 1):
            try:
                yield from list(halved(rows, self._attempt))
            except Unsure:
                if turn == LOOKS:
                    raise
            else:
                return

    def _attempt(self, rows: Sequence[Row]) -> Iterable[Result]:
        """Results of rows that cannot be written, then all the others in one write; raises if that is refused."""
        results, plans = [], []
        parties = self._parties(rows)
        here = [party for party in parties.values() if party["active"]]
        notes = tags.notes(self.rpc, [party["id"] for party in here])
        for row in rows:
            party = parties.get(row.id)
            if party is None or not party["active"]:
                results.append(Result(row.id, Outcome.GONE, absent(party)))
            elif unknown := self._unknown(row):
                results.append(Result(row.id, Outcome.PERMANENT, unknown))
            else:
                plans.append(self._plan(row, party, notes.get(party["id"], ())))
        self._write_categories(plans)
        self._write_notes(plans)
        return [*results, *(Result(str(plan.party)) for plan in plans)]

    def _parties(self, rows: Iterable[Row]) -> dict[str, Mapping[str, Any]]:
        ids = [int(row.id) for row in rows if row.id.isdecimal()]
        fields = ["categories", "active", "replaced_by"]
        asked = ([["id", "in", ids]], 0, None, None, fields)
        found = self.rpc.model("party.party.search_read", *asked, context={"active_test": False})
        return {str(each["id"]): each for each in found}

    def _unknown(self, row: Row) -> str:
        """Values for which there is no category, in words."""
        held = self.lookups.categories.ids
        missing = [
            f"{name}{tags.SEPARATOR}{each}"
            for name, value in row.values.items()
            for each in value.split(";")
            if name in held and each and each not in held[name]
        ]
        return f"There is no category {', '.join(missing)}; run `crm-ext connection prepare`." if missing else ""

    def _plan(self, row: Row, party: Mapping[str, Any], notes: Sequence[Mapping[str, Any]]) -> Plan:
        ours = self.lookups.categories
        standing = set(party["categories"])
        wanted, touched = set[int](), set[int]()
        for name in ours.ids.keys() & row.values.keys():
            wanted |= ours.wanted(name, row.values[name])
            touched |= set(ours.ids[name].values())
        in_note = tags.read(notes[-1]["message"], ours.ids) if notes else {}
        values = {**in_note, **ours.values(standing), **row.values}
        return Plan(
            party=party["id"],
            add=tuple(sorted(wanted - standing)),
            remove=tuple(sorted((standing & touched) - wanted)),
            message=tags.written(values, ours.ids),
            notes=notes,
        )

    def _write_categories(self, plans: Sequence[Plan]) -> None:
        """One `write` for all: parties that need the same are named together."""
        groups: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
        for plan in plans:
            if plan.add or plan.remove:
                groups.setdefault((plan.add, plan.remove), []).append(plan.party)
        if groups:
            self.rpc.model("party.party.write", *pairs((ids, changed(*key)) for key, ids in groups.items()), once=True)

    def _write_notes(self, plans: Sequence[Plan]) -> None:
        """Tryton's notes cannot be changed: a new one is made, and then the old ones are taken away."""
        new = [plan for plan in plans if plan.message and plan.kept is None]
        rest = [note["id"] for plan in plans for note in plan.notes if note["id"] != plan.kept]
        if new:
            notes = [{"resource": f"party.party,{plan.party}", "message": plan.message} for plan in new]
            self.rpc.model("ir.note.create", notes, once=True)
        if rest:
            self.rpc.model("ir.note.delete", rest, once=True)


def changed(add: Sequence[int], remove: Sequence[int]) -> dict[str, Any]:
    return {"categories": [[verb, list(ids)] for verb, ids in (("add", add), ("remove", remove)) if ids]}


def pairs(changes: Iterable[tuple[list[int], dict[str, Any]]]) -> list[Any]:
    """Arguments of trytond's `write`: ids, values, ids, values …"""
    return [each for pair in changes for each in pair]


def absent(party: Mapping[str, Any] | None) -> str:
    if party is None:
        return "Tryton has no such party."
    into = f" and replaced by {party['replaced_by']}" if party["replaced_by"] else ""
    return f"The party is archived{into}."
