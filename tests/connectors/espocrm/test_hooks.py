"""Webhooks: signed by EspoCRM with the webhook's own key, about what the address says."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256

import pytest

from connectors.espocrm.hooks import Hooks
from crm_ext.connector_api import BadSignature, Context, Hint, Level, Message, SkipRecord, Stream
from crm_ext.connector_api.testing import TAGS

URL = "https://crm-ext.example.com/hooks/abc?event=Contact.update"


def signed(events, secret="s3cret", webhook="w1", url=URL, **changes):
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {"signature": b64encode(f"{webhook}:{digest}".encode()).decode()}
    return Message("POST", url, {**headers, **changes}, body)


@pytest.mark.parametrize("secrets", [["s3cret"], ["w1:s3cret"], ["old", "w2:other", "w1:s3cret"]])
def test_any_current_secret_is_accepted(secrets):
    found = Hooks(secrets).changes(signed([{"id": "c1", "title": "x"}, {"id": "c2"}, {"id": "c1"}]))
    assert found == [Hint(Stream.CONTACTS, "c1"), Hint(Stream.CONTACTS, "c2")]


@pytest.mark.parametrize(
    "message",
    [
        signed([{"id": "c1"}], secret="another"),
        signed([{"id": "c1"}], webhook="w9"),
        signed([{"id": "c1"}], signature=""),
        signed([{"id": "c1"}], signature="no base64!"),
        signed([{"id": "c1"}], signature=b64encode(b"w1:zz").decode()),
        signed([{"id": "c1"}], signature=b64encode(b"w1:").decode()),
        Message("POST", URL, signed([{"id": "c1"}]).headers, b'[{"id": "c2"}]'),
    ],
)
def test_what_espocrm_did_not_sign_is_refused(message):
    with pytest.raises(BadSignature):
        Hooks(["w1:s3cret"]).changes(message)


def test_without_a_secret_nothing_is_accepted():
    with pytest.raises(BadSignature):
        Hooks([]).changes(signed([], secret=""))
    with pytest.raises(BadSignature):
        Hooks(["w1:"]).changes(signed([], secret=""))


@pytest.mark.parametrize(
    ("event", "hint"),
    [
        ("Lead.create", Hint(Stream.CONTACTS, "Lead:x")),
        ("Account.delete", Hint(Stream.COMPANIES, "x")),
        ("Opportunity.update", Hint(Stream.DEALS, "x")),
        ("Email.create", Hint(Stream.ACTIVITIES, "Email:x")),
        ("Contact.fieldUpdate.cCrmExtStage", Hint(Stream.CONTACTS, "x")),
        ("Case.update", Hint(Stream.CASES, "x")),
    ],
)
def test_the_address_says_what_it_is_about(event, hint):
    assert Hooks(["s3cret"]).changes(signed([{"id": "x"}], url=f"https://x.example.com/hooks/a?event={event}")) == [
        hint
    ]


@pytest.mark.parametrize(
    "message", [signed([{"id": "x"}], url="https://x.example.com/hooks/a"), signed(b"{"), signed(b"[7]")]
)
def test_what_cannot_be_understood_is_told(message):
    with pytest.raises(SkipRecord):
        Hooks(["s3cret"]).changes(message)


def test_webhooks_are_made_once_and_removed(site):
    saved = {}
    double, connector = site(
        1, context=Context(save=saved.update), settings={"webhook_url": "https://x.example.com/hooks/k"}
    )
    findings = connector().prepare(TAGS)
    assert {each.level for each in findings} == {Level.PASS}
    webhooks = list(double.crm.rows["Webhook"].values())
    assert len(webhooks) == 27
    assert all(each["skipOwn"] and each["url"].endswith(f"?event={each['event']}") for each in webhooks)
    connector(page_size=10).prepare(TAGS)
    assert len(double.crm.rows["Webhook"]) == 27
    (hook,) = [each for each in webhooks if each["event"] == "Contact.update"]
    message = signed([{"id": "c1"}], secret=hook["secretKey"], webhook=hook["id"], url=hook["url"])
    assert connector(**saved).changes(message) == [Hint(Stream.CONTACTS, "c1")]
    connector().clear(TAGS)
    assert double.crm.rows["Webhook"] == {}


def test_a_missing_right_for_webhooks_is_a_warning(site):
    double, connector = site(1, settings={"webhook_url": "https://x.example.com/hooks/k"})
    double.rights["Webhook"] = False
    (told,) = [each for each in connector().prepare(TAGS) if each.name == "webhooks"]
    assert (told.level, told.detail) == (Level.WARN, "No read access.")
