"""Whose e-mail address is whose: EspoCRM's e-mails name addresses, not contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.espocrm.api import EspoApi, Forbidden
from connectors.espocrm.kinds import PEOPLE, USERS, EntityKind, external
from crm_ext.connector_api import Gone, batched, pages

AT_ONCE = 100
"""Addresses that one request asks for."""
MOST = 200_000
"""Addresses that are remembered; beyond it, all but the new ones are forgotten."""

Raw = Mapping[str, Any]


class AddressBook:
    """Contacts and leads by address. What was pulled is known; EspoCRM is asked for the rest, once."""

    def __init__(self, api: EspoApi, without: frozenset[str] = frozenset()) -> None:
        self._api = api
        self._people = tuple(kind for kind in PEOPLE if kind.name not in without)
        self._known: dict[str, tuple[str, ...]] = {}

    def note(self, kind: EntityKind, rows: Iterable[Raw]) -> None:
        """Remember the main addresses of rows: contacts' and leads' lead to them, users' to nobody."""
        for row in rows:
            if address := cleaned(row.get("emailAddress")):
                self._add(address, () if kind is USERS else (external(kind, str(row["id"])),))

    def learn(self, addresses: Iterable[str]) -> None:
        """Find out about addresses that are not known yet."""
        if len(self._known) > MOST:
            self._known.clear()
        for batch in batched(sorted(set(addresses) - self._known.keys()), AT_ONCE):
            self._known.update(dict.fromkeys(batch, ()))
            for kind in self._people:
                self._ask(kind, batch)

    def people(self, address: str) -> tuple[str, ...]:
        return self._known.get(address, ())

    def _add(self, address: str, ids: Sequence[str]) -> None:
        self._known[address] = tuple(dict.fromkeys([*self._known.get(address, ()), *ids]))

    def _ask(self, kind: EntityKind, batch: Sequence[str]) -> None:
        """EspoCRM finds a row by any of its addresses, but a list shows the main one only. Those that are nobody's
        main address are asked for by themselves, in halves as long as somebody turns up."""
        rows = self._owners(kind, batch)
        mains = {cleaned(row.get("emailAddress")) for row in rows}
        self.note(kind, (row for row in rows if cleaned(row.get("emailAddress")) in batch))
        rest = [each for each in batch if each not in mains]
        if not rows or not rest:
            return
        if len(rest) < len(batch):
            self._ask(kind, rest)
        elif len(rest) == 1:
            self._add(rest[0], [external(kind, str(row["id"])) for row in rows])
        else:
            for half in (rest[: len(rest) // 2], rest[len(rest) // 2 :]):
                self._ask(kind, half)

    def _owners(self, kind: EntityKind, addresses: Sequence[str]) -> list[Raw]:
        """All rows with these addresses: several may share one."""
        where = {"type": "in", "attribute": "emailAddress", "value": list(addresses)}

        def fetch(last: str | None) -> tuple[Sequence[Raw], str | None]:
            after = [{"type": "greaterThan", "attribute": "id", "value": last}] if last else []
            rows, more = self._api.listed(kind.name, ("id", "emailAddress"), [where, *after])
            return rows, str(rows[-1]["id"]) if more else None

        try:
            return [row for rows, _ in pages(fetch) for row in rows]
        except (Forbidden, Gone):
            return []


def cleaned(address: Any) -> str:
    return str(address or "").strip().lower()


def sender(row: Raw) -> str:
    return cleaned(row.get("fromEmailAddressName"))


def receivers(row: Raw) -> list[str]:
    found = [row.get(f"{each}EmailAddressesNames") or {} for each in ("to", "cc")]
    return [cleaned(address) for names in found if isinstance(names, dict) for address in names.values()]
