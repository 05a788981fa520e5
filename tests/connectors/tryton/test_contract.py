"""The contract suite on a real trytond and on its double: the same known state, the same expectations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.tryton import Tryton
from crm_ext.connector_api import Activity, FieldMap, Stream
from crm_ext.connector_api.testing import Case, ContractChecks, ContractSuite, Fault
from tests.connectors.tryton import known
from tests.connectors.tryton.backends import Backend, Doubled, Real
from tests.connectors.tryton.known import LIN, NORA, PAUL, WORKS
from tests.connectors.tryton.rpc import Client

READS = r'"method": ?"model\.[\w.]+\.search_read"'
NO_FIELD = "Tryton has no such field"


def with_a_row_twice(body: bytes) -> bytes:
    """An answer whose first row stands in it a second time."""
    answer = json.loads(body)
    return json.dumps({**answer, "result": [*answer["result"], *answer["result"][:1]]}).encode()


class TrytonCase(Case):
    connector = Tryton
    mapping = FieldMap(custom={Stream.CONTACTS: {"party_code": "code"}})
    unmapped = {
        Stream.COMPANIES: dict.fromkeys(("industry", "owner_id", "custom"), NO_FIELD),
        Stream.CONTACTS: dict.fromkeys(("title", "kind", "owner_id"), NO_FIELD),
        Stream.DEALS: {"custom": "mapped for contacts here"},
        Stream.ACTIVITIES: dict.fromkeys(("direction", "subject", "automated", "custom"), NO_FIELD),
    }
    skips = {"empty_pages": "a page without rows is the end: the next one is asked for by the last row's id"}
    faults = {
        "lost_token": Fault(status=401),
        "cursor_round": Fault(match=READS, replay=True),
        "twice": Fault(match=READS + r'[^\n]*"name", ?"email"', rewrite=with_a_row_twice),
    }

    def __init__(self, backend: Backend) -> None:
        self.backend, self.net = backend, backend.net
        self.rpc = Client(backend.base_url)

    def settings(self) -> dict[str, Any]:
        return {
            "base_url": self.backend.base_url,
            "database": "crm",
            "login": "admin",
            "password": "s3cret-of-tests",
            "page_size": 2,
        }

    def expected(self):
        return known.RECORDS

    def reset(self):
        self.net.clear()
        self.backend.reset()

    def writes(self):
        return self.backend.writes()

    def others(self):
        return self.backend.others()

    def change(self):
        lin, paul, nora = (record(Stream.CONTACTS, each) for each in (LIN, PAUL, NORA))
        self.rpc("party.party.write", [LIN], {"name": "林海燕（经理）"})
        self.rpc("party.contact_mechanism.create", [{"party": PAUL, "type": "email", "value": "paul@example.com"}])
        self.rpc("party.contact_mechanism.write", [2], {"value": "+44 1632 960077"})
        self.rpc("party.party.write", [WORKS], {"name": "Example Works Ltd"})
        self.rpc("sale.opportunity.write", [1], {"description": "Water filters, second offer"})
        made = self.rpc("ir.note.create", [{"resource": f"party.party,{PAUL}", "message": "新的记录"}])[0]
        deal = self.rpc.changed("sale.opportunity", 1)
        return {
            Stream.CONTACTS: [
                replace(lin, name="林海燕（经理）", updated_at=self.rpc.changed("party.party", LIN)),
                replace(paul, email="paul@example.com"),
                replace(nora, phone="+44 1632 960077"),
            ],
            Stream.COMPANIES: [
                replace(
                    record(Stream.COMPANIES, WORKS),
                    name="Example Works Ltd",
                    updated_at=self.rpc.changed("party.party", WORKS),
                )
            ],
            Stream.DEALS: [
                replace(record(Stream.DEALS, 1), name="Water filters, second offer", at=deal, updated_at=deal)
            ],
            Stream.ACTIVITIES: [
                Activity(
                    id=str(made),
                    type="note",
                    at=self.rpc.changed("ir.note", made),
                    text="新的记录",
                    contact_ids=(str(PAUL),),
                    owner_id="1",
                    updated_at=self.rpc.changed("ir.note", made),
                ),
            ],
        }

    def delete(self):
        self.rpc("party.party.write", [LIN], {"active": False})
        self.rpc("ir.note.delete", [3])
        self.rpc("sale.opportunity.cancel", [1])
        self.rpc("sale.opportunity.delete", [1])
        self.rpc("party.party.delete", [PAUL])
        return {Stream.CONTACTS: [str(LIN), str(PAUL)], Stream.DEALS: ["1"], Stream.ACTIVITIES: ["3"]}

    def merge(self):
        self.rpc("party.party.write", [PAUL], {"name": "林海燕"})
        self.backend.merge(PAUL, LIN)
        return Stream.CONTACTS, str(PAUL), str(LIN)

    def duplicate(self):
        return self.net.add(self.faults["twice"])

    def empty(self):
        self.backend.empty()
        return set(Stream) - {Stream.USERS}

    def bad_row(self):
        self.backend.refuse(LIN)
        return str(LIN)

    def gone_row(self):
        return "99999"


def record(stream: Stream, id_: int) -> Any:
    return next(each for each in known.RECORDS[stream] if each.id == str(id_))


@pytest.fixture(scope="module")
def case(double_tryton: Doubled) -> TrytonCase:
    return TrytonCase(double_tryton)


class TestTryton(ContractSuite):
    """Every check of the contract, with its teeth, on the double."""


class RealCase(TrytonCase):
    """What depends on the way to a server is checked on the double; here the server itself answers."""

    skips = {
        **TrytonCase.skips,
        **dict.fromkeys(("server_error", "down", "truncated", "html", "reset"), "checked on the double"),
    }


class TestRealTryton(ContractChecks):
    """The same checks on a running trytond."""

    @pytest.fixture
    def case(self, real_tryton: Real) -> RealCase:
        return RealCase(real_tryton)
