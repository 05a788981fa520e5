"""What `check` finds: each right by itself, in HubSpot's words, with the fix; and what links are made of."""

from __future__ import annotations

import pytest

from connectors.hubspot.checks import RIGHTS
from crm_ext.connector_api import Context, Level, Stream
from tests.doubles.hubspot import EVERY_SCOPE, PORTAL_ID

pytestmark = pytest.mark.usefixtures("quick")


def by_name(findings):
    return {each.name: each for each in findings}


@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("crm.objects.contacts.write", Level.FAIL),
        ("crm.schemas.contacts.write", Level.FAIL),
        ("crm.objects.companies.read", Level.WARN),
        ("crm.objects.deals.read", Level.WARN),
        ("tickets", Level.WARN),
        ("crm.objects.owners.read", Level.WARN),
    ],
)
def test_a_missing_right_is_found_alone_in_hubspots_words(account, scope, level):
    double, connector = account(3)
    double.scopes = EVERY_SCOPE - {scope}
    found = by_name(connector().check())
    assert found[scope].level is level
    assert "hasn't been granted all required scopes" in found[scope].detail
    assert scope in found[scope].detail
    assert scope in found[scope].fix or "scope" in found[scope].fix
    assert [each.name for each in found.values() if each.level is not Level.PASS] == [scope]


def test_checking_writes_nothing(account):
    double, connector = account(3)
    connector().check()
    assert not double.portal.writes
    assert not double.portal.property_writes
    assert len(RIGHTS) == 13


def test_the_account_and_the_calls_left_are_told(account):
    double, connector = account(3)
    found = by_name(connector().check())
    assert str(PORTAL_ID) in found["account"].detail
    assert "of 250000 calls left" in found["quota"].detail
    double.daily = 20
    scarce = by_name(connector().check())["quota"]
    assert scarce.level is Level.WARN
    assert scarce.fix


def test_a_token_that_is_not_taken_fails_and_is_not_repeated(account):
    _, connector = account(1)
    (found,) = connector(access_token="pat-wrong").check()
    assert (found.level, "Authentication credentials not found" in found.detail) == (Level.FAIL, True)
    assert found.fix
    assert "pat-wrong" not in f"{found.detail} {found.fix}"


def test_an_old_account_is_asked_by_the_old_paths(account):
    saved = {}
    double, connector = account(3, context=Context(save=saved.update))
    double.versions_gone = {"2026-09", "2026-03"}
    found = by_name(connector().check())
    assert found["API version"].level is Level.WARN
    assert saved["api_version"] == "v3"
    made = connector(**saved)
    assert len([each for page in made.pull(made.parts(Stream.CONTACTS, None)[0], None) for each in page.changes]) == 3


def test_links_cost_one_request_and_then_none(account):
    saved = {}
    double, connector = account(3, context=Context(save=saved.update))
    made = connector()
    assert made.link(Stream.CONTACTS, "11") == f"https://app-eu1.hubspot.com/contacts/{PORTAL_ID}/record/0-1/11"
    assert (
        made.link(Stream.ACTIVITIES, "notes:55") == f"https://app-eu1.hubspot.com/contacts/{PORTAL_ID}/record/0-46/55"
    )
    assert made.link(Stream.USERS, "501") is None
    assert sum(double.counts.values()) == 1
    assert connector(**saved).link(Stream.CASES, "41").endswith("/record/0-5/41")
    assert sum(double.counts.values()) == 1


def test_fields_come_with_options_and_fill(account):
    _, connector = account(40)
    found = {each.name: each for each in connector().fields(Stream.CONTACTS)}
    assert found["email"].fill == 1.0
    assert found["favourite_colour"].fill == 0.0
    assert found["jobtitle"].stream is Stream.CONTACTS
    activities = {each.name for each in connector().fields(Stream.ACTIVITIES)}
    assert {"hs_note_body", "hs_call_title"} <= activities
