"""The contract case: how the EspoCRM of the tests is reached, changed, emptied and broken."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from connectors.espocrm import EspoCRM
from crm_ext.connector_api import FieldMap, Stream, User
from crm_ext.connector_api.testing.case import Case
from crm_ext.connector_api.testing.faults import Fault
from tests.connectors.espocrm.known import activities, companies, contacts, deals, tickets
from tests.connectors.espocrm.state import known_state
from tests.doubles.espocrm import ADMIN, KEY


def without_rows(body: bytes) -> bytes:
    """A page without rows that says that others follow."""
    return json.dumps({"total": -1, "list": []}).encode()


def with_a_row_twice(body: bytes) -> bytes:
    answer = json.loads(body)
    return json.dumps({**answer, "list": [*answer["list"], *answer["list"][:1]]}).encode()


LISTS = r"GET /api/v1/[A-Z]\w+\?searchParams"


class EspoCase(Case):
    connector = EspoCRM
    mapping = FieldMap(
        fields={Stream.CONTACTS: {"kind": "description"}},
        values={Stream.CONTACTS: {"kind": {"customer": "key_account"}}},
        custom={
            Stream.CONTACTS: {"description": "words"},
            Stream.COMPANIES: {"type": "sort"},
            Stream.DEALS: {"leadSource": "source"},
            Stream.CASES: {"priority": "urgent"},
        },
    )
    faults = {
        "empty_page": Fault(match=LISTS, rewrite=without_rows, times=1),
        "lost_token": Fault(status=401, headers={"Content-Type": "text/html"}),
        "twice": Fault(match=LISTS, rewrite=with_a_row_twice),
    }

    def __init__(self, url, double, net):
        self.url, self.double, self.net = url, double, net

    @property
    def crm(self):
        return self.double.crm

    def settings(self):
        login = {"admin_login": ADMIN[0], "admin_password": ADMIN[1]}
        return {"base_url": self.url, "api_key": KEY, "page_size": 2, **login}

    def expected(self):
        return {
            Stream.USERS: [
                User(id="u1", name="Ruth Lind", email="ruth@ours.example.com"),
                User(id="u2", name="tomas", email="tomas@ours.example.com", active=False),
            ],
            Stream.COMPANIES: companies(),
            Stream.CONTACTS: contacts(),
            Stream.DEALS: deals(),
            Stream.ACTIVITIES: activities(),
            Stream.CASES: tickets(),
        }

    def reset(self):
        self.double.crm = known_state()
        self.net.clear()

    def writes(self):
        return sum(self.crm.writes.values()) + self.crm.made

    def others(self):
        return {
            entity: {key: {name: value for name, value in row.items() if not ours(name)} for key, row in rows.items()}
            for entity, rows in self.crm.rows.items()
        }

    def change(self):
        self.crm.change("Contact", "c3", {"title": "Head"})
        self.crm.change("Lead", "l2", {"title": "Baker"})
        self.crm.change("Account", "a2", {"website": "second.example.com"})
        self.crm.change("Opportunity", "d3", {"amount": 10})
        self.crm.change("Note", "n2", {"post": "rewritten"})
        self.crm.change("Call", "t1", {"name": "Twice"})
        when = datetime.fromisoformat(self.crm.change("Case", "k2", {"name": "Found"})["modifiedAt"]).replace(
            tzinfo=UTC
        )
        return {
            Stream.CONTACTS: [
                replace(contacts()[2], title="Head", updated_at=when),
                replace(contacts()[4], title="Baker", updated_at=when),
            ],
            Stream.COMPANIES: [replace(companies()[1], domain="second.example.com", updated_at=when)],
            Stream.DEALS: [replace(deals()[2], at=when, amount=Decimal(10), updated_at=when)],
            Stream.ACTIVITIES: [
                replace(activities()[10], text="rewritten", updated_at=when),
                replace(activities()[0], subject="Twice", updated_at=when),
            ],
            Stream.CASES: [replace(tickets()[1], subject="Found", updated_at=when)],
        }

    def delete(self):
        for entity, row in (
            ("Contact", "c3"),
            ("Lead", "l2"),
            ("Account", "a3"),
            ("Opportunity", "d2"),
            ("Note", "n4"),
            ("Case", "k2"),
        ):
            self.crm.delete(entity, row)
        return {
            Stream.CONTACTS: ["c3", "Lead:l2"],
            Stream.COMPANIES: ["a3"],
            Stream.DEALS: ["d2"],
            Stream.ACTIVITIES: ["Note:n4"],
            Stream.CASES: ["k2"],
        }

    def merge(self):
        """A lead that becomes a contact: the only joining that leaves a trace."""
        self.crm.change("Lead", "l1", {"status": "Converted", "createdContactId": "c2"})
        return Stream.CONTACTS, "Lead:l1", "c2"

    def duplicate(self):
        return self.net.add(self.faults["twice"])

    def empty(self):
        for rows in self.crm.rows.values():
            rows.clear()

    def bad_row(self):
        self.crm.locked.add("c2")
        return "c2"

    def gone_row(self):
        return "999999"


def ours(name: str) -> bool:
    return name.startswith("cCrmExt") or name in ("modifiedAt", "modifiedById")
