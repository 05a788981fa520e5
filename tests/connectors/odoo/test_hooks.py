"""Webhooks of automation rules: unsigned, so the address holds a secret; what they tell is looked at, not believed."""

from __future__ import annotations

import json

import pytest

from connectors.odoo.hooks import changes
from crm_ext.connector_api import BadSignature, Deleted, Hint, Message, Part, SkipRecord, Stream
from tests.connectors.odoo import known

URL = "https://crm-ext.example.com/hooks/k"
SECRETS = "new-secret, old-secret"


def message(body, query="?secret=new-secret"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message("POST", URL + query, {"content-type": "application/json"}, raw)


def rule(model, number):
    return {"_model": model, "_id": number, "_action": "Tell crm-ext(#7)", "id": number, "name": "never believed"}


@pytest.mark.parametrize(
    ("model", "hints"),
    [
        ("res.partner", [Hint(Stream.COMPANIES, "5"), Hint(Stream.CONTACTS, "5")]),
        ("crm.lead", [Hint(Stream.DEALS, "lead:5")]),
        ("sale.order", [Hint(Stream.DEALS, "order:5")]),
        ("mail.message", [Hint(Stream.ACTIVITIES, "message:5")]),
        ("mail.activity", [Hint(Stream.ACTIVITIES, "activity:5")]),
        ("calendar.event", [Hint(Stream.ACTIVITIES, "event:5")]),
        ("helpdesk.ticket", [Hint(Stream.CASES, "ticket:5")]),
        ("project.task", [Hint(Stream.CASES, "task:5")]),
    ],
)
def test_a_message_names_a_record(model, hints):
    assert changes(message(rule(model, 5)), SECRETS) == hints


@pytest.mark.parametrize("query", ["?secret=new-secret", "?secret=old-secret", "?a=b&secret=old-secret"])
def test_any_current_secret_is_accepted(query):
    assert changes(message(rule("crm.lead", 5), query), SECRETS)


@pytest.mark.parametrize("query", ["", "?secret=", "?secret=new", "?secret=new-secretx", "?token=new-secret"])
@pytest.mark.parametrize("secrets", [SECRETS, "", " , "])
def test_without_the_secret_nothing_is_read(query, secrets):
    with pytest.raises(BadSignature):
        changes(message(b"not even parsed", query), secrets)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", {"_model": "crm.lead"}, {"_model": "crm.lead", "_id": "x"}])
def test_what_is_no_rule_of_odoos_is_told(body):
    with pytest.raises(SkipRecord, match="none of Odoo's rules"):
        changes(message(body), SECRETS)


def test_models_that_are_not_read_are_told():
    with pytest.raises(SkipRecord, match=r"account\.move"):
        changes(message(rule("account.move", 1)), SECRETS)


def test_what_a_message_names_is_read_as_it_stands(site):
    """Present records are read, missing and archived ones are gone, a person is no company."""
    _, connector = site(tables=known.tables(19), settings={"webhook_secrets": SECRETS})
    made = connector()
    hints = [
        each
        for number in (known.NORA, known.ARCHIVED, 999)
        for each in made.changes(message(rule("res.partner", number)))
    ]
    hints += made.changes(message(rule("crm.lead", 1)))
    got = {}
    for stream in (Stream.CONTACTS, Stream.COMPANIES, Stream.DEALS):
        part = Part(stream, bounds={"ids": [each.id for each in hints if each.stream is stream]})
        got[stream] = [change for page in made.pull(part, None) for change in page.changes]
    (nora, *gone) = got[Stream.CONTACTS]
    assert (nora.name, gone) == (
        "Nora Whitfield",
        [Deleted(Stream.CONTACTS, str(known.ARCHIVED)), Deleted(Stream.CONTACTS, "999")],
    )
    assert {type(each) for each in got[Stream.COMPANIES]} == {Deleted}
    (lead,) = got[Stream.DEALS]
    assert (lead.id, lead.contact_ids) == ("lead:1", (str(known.NORA),))
