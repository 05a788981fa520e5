"""What must be known beside a row: who works for whom, whose employee a user is, which tags a party carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from connectors.tryton import tags
from connectors.tryton.rpc import Rpc, UnknownModel

RELATIONS = "party.relation.all"


class Lookups:
    """Look-ups of one connection; what hardly changes is asked once."""

    def __init__(self, rpc: Rpc, employments: Sequence[str]) -> None:
        self.rpc = rpc
        self._employments = [each for each in employments if each]

    @cached_property
    def employment(self) -> list[int]:
        """The relation types that lead from a person to the company; none where the module is not activated."""
        if not self._employments:
            return []
        domain = [["name", "in", self._employments]]
        try:
            return [
                each["id"]
                for each in self.rpc.model("party.relation.type.search_read", domain, 0, None, None, ["name"])
            ]
        except UnknownModel:
            return []

    @cached_property
    def owners(self) -> Mapping[int, str]:
        """Users by the employee that they are."""
        rows = self.rpc.model("res.user.search_read", [], 0, None, [["id", "ASC"]], ["employees"])
        return {employee: str(row["id"]) for row in rows for employee in row["employees"] or ()}

    @cached_property
    def categories(self) -> tags.Categories:
        return tags.categories(self.rpc)

    def forget_categories(self) -> None:
        self.__dict__.pop("categories", None)

    def employers(self, parties: Collection[int]) -> tuple[dict[int, int], set[int]]:
        """Among parties: the company that a person works for now, and those that somebody works for."""
        if not self.employment or not parties:
            return {}, set()
        wanted = sorted(set(parties))
        domain = [["type", "in", self.employment], ["OR", ["from_", "in", wanted], ["to", "in", wanted]]]
        rows = self.rpc.model(f"{RELATIONS}.search_read", domain, 0, None, [["id", "ASC"]], ["from_", "to"])
        return {row["from_"]: row["to"] for row in rows}, {row["to"] for row in rows}

    def parties_of_deals(self, deals: Collection[int]) -> dict[int, int]:
        if not deals:
            return {}
        domain = [["id", "in", sorted(set(deals))]]
        rows = self.rpc.model("sale.opportunity.search_read", domain, 0, None, None, ["party"])
        return {row["id"]: row["party"] for row in rows}

    def tags(self, rows: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]] | None:
        """Our fields by party, for rows that show `categories`; None while nothing of ours was made."""
        held = self.categories.ids
        if self.categories.parent is None:
            return None
        notes = tags.notes(self.rpc, [row["id"] for row in rows])
        found = {}
        for row in rows:
            own = notes.get(row["id"])
            in_note = tags.read(own[-1]["message"], held) if own else {}
            found[row["id"]] = {**in_note, **self.categories.values(row["categories"])}
        return found
