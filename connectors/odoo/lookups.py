"""What must be known beside a row: whether a partner is a person or a company, and whose a lead or an order is.

A full pull learns most of it along the way; what is not known is asked for, once, for a page at a time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

from connectors.odoo.server import Row, Server
from connectors.odoo.values import reference

PARTNER = "res.partner"
PLACE_FIELDS = ("is_company", "type", "parent_id")
LEAD = "crm.lead"
ADDRESS = "email_normalized"
DOCUMENT_FIELDS = {LEAD: ("partner_id", ADDRESS)}
"""What to ask for of documents; a lead that nobody linked to a contact may still name one by its address."""
USERS = ("res.users", (("share", "=", False),))
"""Our own people: portal users are customers."""
MERGED = re.compile(r"\bID\W{0,3}(\d+)")
"""How the wizard that merges contacts names those that went, in the note that it leaves on the one that stays."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a partner belongs: to a contact or to a company of ours, or to neither."""

    contact: str | None = None
    company: str | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who takes part in a record."""

    contacts: tuple[str, ...] = ()
    company: str | None = None


class Lookups:
    """Look-ups of one connection; threads may share them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._places: dict[int, Place | int] = {}
        self._partners: dict[str, dict[int, int | None]] = {}
        self._addresses: dict[str, int | None] = {}
        self._users: dict[int, str] = {}
        self._all_users = False
        self._lock = RLock()

    @property
    def ours(self) -> Mapping[int, str]:
        """Our own users by their partner."""
        if not self._all_users:
            with self._lock:
                if not self._all_users:
                    model, domain = USERS
                    self.see_users(self.server.read(model, domain, ("partner_id",)))
                    self.saw_all_users()
        return self._users

    def see_users(self, rows: Iterable[Row]) -> None:
        self._users.update((row["partner_id"][0], str(row["id"])) for row in rows if row.get("partner_id"))

    def saw_all_users(self) -> None:
        self._all_users = True

    def see_partners(self, rows: Iterable[Row]) -> None:
        self._places.update((row["id"], self._place(row)) for row in rows)

    def see_documents(self, model: str, rows: Collection[Row]) -> None:
        """Remember whose documents are; a lead without a partner is the person's whose address it has."""
        loose = {row[ADDRESS]: row["id"] for row in rows if not row.get("partner_id") and row.get(ADDRESS)}
        self._ask_addresses(loose.keys() - self._addresses.keys())
        self._partners.setdefault(model, {}).update(
            (row["id"], reference(row.get("partner_id")) or self._addresses.get(row.get(ADDRESS) or "")) for row in rows
        )

    def _ask_addresses(self, wanted: Collection[str]) -> None:
        """Find the persons with these addresses; one that several share is nobody's."""
        if not wanted:
            return
        domain = [(ADDRESS, "in", sorted(wanted)), ("is_company", "=", False), ("type", "in", ["contact", False])]
        found: dict[str, list[int]] = {each: [] for each in wanted}
        for row in self.server.read(PARTNER, domain, (ADDRESS,), archived=False):
            found.setdefault(row[ADDRESS], []).append(row["id"])
        self._addresses.update((each, ids[0] if len(ids) == 1 else None) for each, ids in found.items())

    def people(self, partners: Iterable[int]) -> People:
        """Contacts and the first company among partners that are known by now."""
        places = [self.place(each) for each in partners]
        contacts = dict.fromkeys(each.contact for each in places if each.contact)
        return People(tuple(contacts), next((each.company for each in places if each.company), None))

    def place(self, partner: int) -> Place:
        """Where a partner belongs; an address belongs where its parent does."""
        found = self._places.get(partner, NOWHERE)
        parent = self._places.get(found, NOWHERE) if isinstance(found, int) else found
        return parent if isinstance(parent, Place) else NOWHERE

    def partner_of(self, model: str, id_: int) -> int | None:
        """The partner of a lead, order or ticket that is known by now; a partner is its own."""
        return id_ if model == PARTNER else self._partners.get(model, {}).get(id_)

    def know_documents(self, wanted: Mapping[str, Collection[int]]) -> None:
        """Ask for the documents that are not known yet, and for their partners."""
        for model, ids in wanted.items():
            if model != PARTNER and set(ids) - self._partners.get(model, {}).keys():
                with self._lock:
                    self._ask_documents(model, ids)

    def _ask_documents(self, model: str, ids: Collection[int]) -> None:
        known = self._partners.setdefault(model, {})
        if missing := sorted(set(ids) - known.keys()):
            asked = DOCUMENT_FIELDS.get(model, ("partner_id",))
            self.see_documents(model, self.server.read(model, [("id", "in", missing)], asked))
            known.update(dict.fromkeys(set(missing) - known.keys()))

    def know_partners(self, ids: Iterable[int | None]) -> None:
        """Ask for the partners that are not known yet, and for the parents of addresses."""
        wanted = {each for each in ids if each}
        while wanted - self._places.keys():
            with self._lock:
                wanted = self._ask_partners(wanted)

    def _ask_partners(self, wanted: Collection[int]) -> set[int]:
        """Ask for partners that are not known; returns the parents of those that are addresses."""
        missing = sorted(set(wanted) - self._places.keys())
        if missing:
            self.see_partners(self.server.read(PARTNER, [("id", "in", missing)], PLACE_FIELDS))
            self._places.update(dict.fromkeys(set(missing) - self._places.keys(), NOWHERE))
        return {each for each in map(self._places.get, wanted) if isinstance(each, int)}

    def merged(self, gone: Sequence[int], since: str) -> dict[int, int]:
        """Of partners that are gone: the ones that live on in another, as the notes of the merge wizard tell."""
        domain = [
            ("model", "=", PARTNER),
            ("message_type", "=", "notification"),
            ("write_date", ">=", since),
            ("body", "ilike", "ID "),
        ]
        told = self.server.read("mail.message", domain, ("res_id", "body"))
        named = {int(each): row["res_id"] for row in told for each in MERGED.findall(row["body"] or "")}
        return {each: into for each in gone if (into := named.get(each, each)) != each}

    def _place(self, row: Row) -> Place | int:
        """A partner's place, or the partner in whose place it is."""
        name = str(row["id"])
        if row["is_company"]:
            return Place(company=name)
        if row.get("type") in ("contact", False):
            return NOWHERE if row["id"] in self.ours else Place(contact=name)
        return reference(row.get("parent_id")) or NOWHERE
