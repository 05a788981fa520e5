"""Webhooks and card requests: signed by HubSpot for the address that it called, fresh, and about something."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from hashlib import sha256
from hmac import new

import pytest

from connectors.hubspot import HubSpot
from connectors.hubspot import hooks as hooks_module
from connectors.hubspot.hooks import Hooks
from crm_ext.connector_api import BadSignature, Hint, Message, SkipRecord, Stream
from crm_ext.connector_api.settings import validated
from tests.doubles.hubspot import PORTAL_ID

URL = "https://crm.example.com/hooks/abc"
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"


def signed(body, *, url=URL, secret=SECRET, method="POST", at=None, arrived=None, signed_url=None, **headers):
    """A message as HubSpot sends it; `arrived` is the address under which it reaches us."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(round((at or time.time()) * 1000))
    text = (method + (signed_url or url)).encode() + raw + stamp.encode()
    signature = b64encode(new(secret.encode(), text, sha256).digest()).decode()
    told = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return Message(method, arrived or url, told | headers, raw)


def event(kind="contact.propertyChange", record=11, at=1000, **more):
    always = {"eventId": 1, "subscriptionId": 2, "portalId": PORTAL_ID, "appId": 77, "attemptNumber": 0}
    return always | {"occurredAt": at, "subscriptionType": kind, "objectId": record, "changeSource": "CRM_UI"} | more


@pytest.fixture
def hooks():
    return Hooks([SECRET], portal=str(PORTAL_ID))


@pytest.mark.parametrize(
    ("stamp", "signature"),
    [
        ("1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        ("1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ],
)
def test_the_published_signatures_are_accepted(monkeypatch, stamp, signature):
    monkeypatch.setattr(hooks_module.time, "time", lambda: int(stamp) / 1000 + 10)
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    url, body = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}"
    Hooks([SECRET]).verify(Message("POST", url, headers, body))
    with pytest.raises(BadSignature):
        Hooks([SECRET]).verify(Message("POST", url, headers, body + b" "))


@pytest.mark.parametrize(
    "message",
    [
        lambda: signed([event()], secret="another"),
        lambda: signed([event()], at=time.time() - 400),
        lambda: signed([event()], at=time.time() + 400),
        lambda: signed([event()], signed_url="https://evil.example.com/hooks/abc"),
        lambda: signed([event()], method="GET", signed_url="x"),
        lambda: Message("POST", URL, {}, b"[]"),
        lambda: Message("POST", URL, {"x-hubspot-request-timestamp": "soon", "x-hubspot-signature-v3": "AA=="}, b"[]"),
        lambda: Message("POST", URL, {**signed([]).headers, "x-hubspot-signature-v3": "no base64!"}, b"[]"),
    ],
)
def test_what_hubspot_did_not_sign_now_and_for_us_is_refused(hooks, message):
    with pytest.raises(BadSignature):
        hooks.changes(message())


def test_secrets_can_be_rotated():
    settings = {"client_secret": "new", "webhook_secrets": "old, older", "portal_id": str(PORTAL_ID)}
    made = HubSpot(validated(HubSpot.settings, settings))
    for secret in ("new", "old", "older"):
        assert made.changes(signed([event()], secret=secret)) == [Hint(Stream.CONTACTS, "11")]
    with pytest.raises(BadSignature):
        made.changes(signed([event()], secret="new,old"))
    with pytest.raises(BadSignature):
        HubSpot(validated(HubSpot.settings, {})).changes(signed([event()], secret=""))


def test_the_address_is_the_one_that_hubspot_called():
    inside = "http://10.0.0.5:8000/hooks/abc"
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "crm.example.com"}
    message = signed([event()], arrived=inside, **forwarded)
    assert Hooks([SECRET], trust_forwarded=True).changes(message)
    assert Hooks([SECRET], public_url="https://crm.example.com").changes(signed([event()], arrived=inside))
    with pytest.raises(BadSignature):
        Hooks([SECRET]).changes(message)


def test_only_the_named_escapes_are_undone_before_signing(hooks):
    called = f"{URL}?to=a%40b%3Ac&name=J%C3%BCrgen%20%26"
    assert hooks.changes(signed([event()], url=called, signed_url=f"{URL}?to=a@b:c&name=J%C3%BCrgen%20%26"))
    with pytest.raises(BadSignature):
        hooks.changes(signed([event()], url=called, signed_url=f"{URL}?to=a@b:c&name=J%C3%BCrgen &"))


def test_a_batch_of_a_hundred_in_disorder_and_repeated_names_each_record_once_in_time(hooks):
    events = [event(record=1 + number % 50, at=5000 - number, attemptNumber=number % 3) for number in range(100)]
    found = hooks.changes(signed(events))
    assert [each.id for each in found] == [str(50 - number) for number in range(50)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (event("contact.creation"), [("contacts", "11")]),
        (event("company.deletion", 5), [("companies", "5")]),
        (event("deal.propertyChange", 6), [("deals", "6")]),
        (event("ticket.restore", 7), [("cases", "7")]),
        (event("contact.privacyDeletion"), [("contacts", "11")]),
        (event("object.propertyChange", 8, objectTypeId="0-46"), [("activities", "notes:8")]),
        (event("object.creation", 8, objectTypeId="2-991"), []),
        (event("conversation.newMessage"), []),
        (
            event("contact.merge", 1, primaryObjectId=1, mergedObjectIds=[2, 3], newObjectId=4),
            [("contacts", "1"), ("contacts", "2"), ("contacts", "3"), ("contacts", "4")],
        ),
        (
            event("contact.associationChange", 0, associationType="CONTACT_TO_COMPANY", fromObjectId=1, toObjectId=9),
            [("contacts", "1"), ("companies", "9")],
        ),
        (
            event(
                "object.associationChange",
                0,
                fromObjectTypeId="0-48",
                toObjectTypeId="0-1",
                fromObjectId=1,
                toObjectId=9,
            ),
            [("activities", "calls:1"), ("contacts", "9")],
        ),
    ],
)
def test_each_event_names_its_records(hooks, told, expected):
    found = hooks.changes(signed([told]))
    assert sorted((each.stream, each.id) for each in found) == sorted(expected)


@pytest.mark.parametrize(
    ("source", "sender", "heard"),
    [
        ("INTEGRATION", "77", False),
        ("INTEGRATION", "77:1234", False),
        ("INTEGRATION", "42", True),
        ("CRM_UI", "userId:9", True),
        ("AUTOMATION_PLATFORM", "workflowId:1", True),
    ],
)
def test_only_our_own_writes_are_echoes(hooks, source, sender, heard):
    """A person or another app that changes our property is heard; so is our app with a property not ours."""
    told = {"changeSource": source, "sourceId": sender}
    assert bool(hooks.changes(signed([event(propertyName="crm_ext_stage", **told)]))) is heard
    assert hooks.changes(signed([event(propertyName="jobtitle", **told)]))


def test_our_app_may_be_another_than_the_one_that_listens():
    told = event(propertyName="crm_ext_stage", changeSource="INTEGRATION", sourceId="555")
    assert Hooks([SECRET]).changes(signed([told]))
    assert not Hooks([SECRET], own_apps=["555"]).changes(signed([told]))


def test_another_account_is_not_ours(hooks):
    assert hooks.changes(signed([event(portalId=1)])) == []


@pytest.mark.parametrize("body", [b"{", b"7", b'[{"objectId": 1}]', b'["x"]'])
def test_a_signed_message_that_is_no_list_of_events_is_told(hooks, body):
    with pytest.raises(SkipRecord, match="no list of HubSpot events"):
        hooks.changes(signed(body))


def test_the_card_learns_its_contact_from_a_signed_request(hooks):
    asked = f"{URL}?contact=11&portalId={PORTAL_ID}&userId=9&userEmail=rep%40example.com&appId=77"
    message = signed(b"", url=asked, signed_url=asked.replace("%40", "@"), method="GET")
    assert hooks.card(message) == "11"
    other = asked.replace(str(PORTAL_ID), "1")
    with pytest.raises(BadSignature, match="another HubSpot account"):
        hooks.card(signed(b"", url=other, signed_url=other.replace("%40", "@"), method="GET"))
    with pytest.raises(SkipRecord, match="names no contact"):
        hooks.card(signed(b"", method="GET"))
    with pytest.raises(BadSignature):
        hooks.card(Message("GET", asked, {}, b""))
