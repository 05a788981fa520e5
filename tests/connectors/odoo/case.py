"""The contract case of Odoo, for both versions and both ways of writing."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.odoo import Odoo
from crm_ext.connector_api import DealStatus, FieldMap, Stream
from crm_ext.connector_api.testing import TAGS, Case, Fault
from tests.connectors.odoo import known
from tests.connectors.odoo.known import LIN, PAUL, SECOND
from tests.doubles.odoo import DATABASE, KEY, LOGIN, OdooDouble
from tests.doubles.odoo_errors import Refused

EMPTIED = (
    "res.partner", "crm.lead", "sale.order", "mail.message", "mail.activity", "calendar.event", "project.task",
)  # fmt: skip
DENIED = Refused("odoo.exceptions.AccessDenied", "Access Denied").told()
RPC_DENIED = {"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error", "data": DENIED}}
READS = r"search_read"
CONTACTS = r"search_read(?s:.*)email_normalized"


def with_a_row_twice(body: bytes) -> bytes:
    """An answer whose first row stands in it a second time."""
    answer = json.loads(body)
    rows = answer["result"] if isinstance(answer, dict) else answer
    rows += rows[:1]
    return json.dumps(answer).encode()


class OdooCase(Case):
    connector = Odoo
    mapping = FieldMap(
        fields={Stream.CONTACTS: {"kind": "comment"}},
        values={Stream.CONTACTS: {"kind": {"key": "key_account"}}},
        custom={
            Stream.CONTACTS: {"ref": "code"},
            Stream.COMPANIES: {"ref": "code"},
            Stream.DEALS: {"probability": "chance"},
            Stream.CASES: {"state": "state"},
        },
    )
    faults = {
        "lost_token": Fault(status=401, body=json.dumps(DENIED).encode()),
        "cursor_round": Fault(match=READS, replay=True),
        "twice": Fault(match=CONTACTS, rewrite=with_a_row_twice),
    }
    skips = {"empty_pages": "a page of Odoo begins above an id: without rows there is no id to go on from"}

    def __init__(self, url: str, double: OdooDouble, net: Any, **more: Any) -> None:
        self.url, self.double, self.net, self.more = url, double, net, more

    @property
    def rows(self) -> Any:
        return self.double.db.rows

    def settings(self):
        return {
            "base_url": self.url, "database": DATABASE, "login": LOGIN, "api_key": KEY, "page_size": 2, **self.more,
        }  # fmt: skip

    def expected(self):
        return known.records()

    def reset(self):
        self.net.clear()
        self.double.__init__(known.tables(self.double.serie), self.double.serie, admin=self.double.admin)

    def writes(self):
        return sum(sum(each.values()) for each in self.double.writes.values())

    def others(self):
        ours = {id_ for id_, row in self.rows["res.partner.category"].items() if row["name"].startswith("crm_ext")}
        others = deepcopy({model: rows for model, rows in self.rows.items() if not model.startswith("ir.model.")})
        for id_ in ours:
            del others["res.partner.category"][id_]
        for row in others["res.partner"].values():
            row["category_id"] = [each for each in row.get("category_id") or () if each not in ours]
            del row["write_date"]
        return {
            **others,
            "res.partner": {
                id_: {name: value for name, value in row.items() if not name.startswith("x_crm_ext_")}
                for id_, row in others["res.partner"].items()
            },
        }

    def put(self, model: str, id_: int, **values: Any) -> None:
        """What a person does in Odoo, now."""
        self.double.db.write(model, {id_: values}, datetime.now(UTC).replace(tzinfo=None))

    def change(self):
        self.put("res.partner", PAUL, function="Head")
        self.put("res.partner", SECOND, website="second.example.com")
        self.put("crm.lead", 3, expected_revenue=10.0)
        self.put("sale.order", 2, state="sale")
        self.put("mail.message", 2, body="<i>rewritten</i>")
        self.put("calendar.event", 2, name="Long talk")
        self.put("project.task", 2, name="Found")
        when = self.rows["project.task"][2]["write_date"].replace(microsecond=0, tzinfo=UTC)
        known_ones = {each.id: each for records in known.records().values() for each in records}
        changed = {
            Stream.CONTACTS: [(str(PAUL), {"title": "Head"})],
            Stream.COMPANIES: [(str(SECOND), {"domain": "second.example.com"})],
            Stream.DEALS: [
                ("lead:3", {"amount": Decimal("10.0")}),
                ("order:2", {"status": DealStatus.WON, "stage": "sale"}),
            ],
            Stream.ACTIVITIES: [("message:2", {"text": "rewritten"}), ("event:2", {"subject": "Long talk"})],
            Stream.CASES: [("task:2", {"subject": "Found"})],
        }
        return {
            stream: [replace(known_ones[id_], **values, updated_at=self.written(id_, when)) for id_, values in each]
            for stream, each in changed.items()
        }

    def written(self, id_: str, when: datetime) -> datetime:
        """When a record was written, as it is shown."""
        models = {"lead": "crm.lead", "order": "sale.order", "message": "mail.message", "event": "calendar.event"}
        word, _, number = id_.rpartition(":")
        model = {**models, "task": "project.task"}.get(word, "res.partner")
        return self.rows[model][int(number)]["write_date"].replace(microsecond=0, tzinfo=UTC)

    def delete(self):
        self.put("res.partner", LIN, active=False)
        self.put("calendar.event", 2, active=False)
        for model, id_ in (
            ("res.partner", PAUL), ("res.partner", 23), ("sale.order", 2), ("mail.message", 3), ("project.task", 2),
            ("mail.activity", 1),
        ):  # fmt: skip
            self.double.db.unlink(model, [id_])
        return {
            Stream.CONTACTS: [str(LIN), str(PAUL)],
            Stream.COMPANIES: ["23"],
            Stream.DEALS: ["order:2"],
            Stream.ACTIVITIES: ["message:3", "event:2", "activity:1"],
            Stream.CASES: ["task:2"],
        }

    def merge(self):
        merged(self.double, PAUL, LIN)
        return Stream.CONTACTS, str(PAUL), str(LIN)

    def duplicate(self):
        return self.net.add(self.faults["twice"])

    def empty(self):
        for model in EMPTIED:
            self.double.db.rows[model].clear()
            self.double.db.order[model].clear()
        return set(Stream) - {Stream.USERS}

    def bad_row(self):
        self.double.refused = {LIN}
        return str(LIN)

    def gone_row(self):
        return "999999"


def merged(double: OdooDouble, old: int, into: int) -> None:
    """What the wizard does: links are turned round, a note tells of it, the old one is deleted."""
    db, at = double.db, datetime.now(UTC).replace(tzinfo=None)
    for row in db.rows["mail.message"].values():
        if row.get("model") == "res.partner" and row.get("res_id") == old:
            row.update(res_id=into, write_date=at)
    for model in ("crm.lead", "sale.order", "project.task"):
        for row in db.rows[model].values():
            if row.get("partner_id") == old:
                row["partner_id"] = into
    name = db.rows["res.partner"][old]["name"]
    body = f"<p>Merged with the following partners: {name} &lt;n/a&gt; (ID {old})</p>"
    note = {"model": "res.partner", "res_id": into, "message_type": "notification", "body": body, "date": at}
    db.create("mail.message", [note], at)
    db.write("res.partner", {into: {}}, at)
    db.unlink("res.partner", [old])


CHOICES = tuple(tag for tag in TAGS if tag.options)


class Rpc18(OdooCase):
    """Odoo 18 over JSON-RPC."""

    faults = {**OdooCase.faults, "lost_token": Fault(status=200, body=json.dumps(RPC_DENIED).encode())}


class Tagging(OdooCase):
    """A salesperson's key: tags instead of fields, and only what has few values."""

    tags = CHOICES
