"""Accounts that allow less, or speak an older version: what can be read is read, and the rest is named."""

from __future__ import annotations

import pytest

from crm_ext.connector_api import Context, Level, Stream
from crm_ext.connector_api.testing import TAGS
from crm_ext.connector_api.testing.faults import Fault, Faults
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from tests.doubles.hubspot import EVERY_SCOPE

pytestmark = pytest.mark.usefixtures("quick")
OAUTH = {"access_token": "", "client_id": "id", "client_secret": "client-secret", "refresh_token": "refresh-1"}


def test_without_the_right_to_deals_activities_come_without_their_deals_only(account):
    """HubSpot refuses the whole list where one of the kinds that are asked for along with it is not allowed."""
    double, connector = account(250)
    full = pull(connector(), Stream.ACTIVITIES).records
    double.scopes = EVERY_SCOPE - {"crm.objects.deals.read"}
    got = pull(connector(), Stream.ACTIVITIES)
    assert not got.bad
    assert got.complete
    assert got.records.keys() == full.keys()
    assert {each.contact_ids for each in got.records.values()} == {each.contact_ids for each in full.values()}
    assert {each.company_id for each in got.records.values()} == {each.company_id for each in full.values()}


def test_without_the_right_to_companies_contacts_come_with_the_companys_number(account):
    double, connector = account(30)
    double.scopes = EVERY_SCOPE - {"crm.objects.companies.read"}
    got = pull(connector(), Stream.CONTACTS)
    wanted = {str(each.id): each.properties["associatedcompanyid"] for each in double.portal.alive("contacts")}
    assert {name: each.company_id for name, each in got.records.items()} == wanted
    assert [each.place for each in pull(connector(), Stream.COMPANIES).bad] == ["companies"]


def test_owners_that_may_not_be_read_stop_nothing(account):
    double, connector = account(3)
    double.scopes = EVERY_SCOPE - {"crm.objects.owners.read"}
    got = pull(connector(), Stream.USERS)
    assert "crm.objects.owners.read" in got.bad[0].reason
    assert not got.records


def test_a_kind_that_the_account_does_not_have_stops_nothing(account):
    layers = []

    def wrap(app):
        layers.append(Faults(app))
        return layers[0]

    _, connector = account(30, wrap=wrap)
    layers[0].add(Fault(match="/communications", status=404, body=b'{"message": "Unable to infer object type"}'))
    got = pull(connector(), Stream.ACTIVITIES)
    assert [each.place for each in got.bad] == ["communications"]
    assert {each.partition(":")[0] for each in got.records} == {"calls", "emails", "meetings", "notes", "tasks"}


@pytest.mark.parametrize("settings", [{}, OAUTH], ids=["key", "oauth"])
def test_an_account_that_only_knows_the_old_paths_is_read_without_a_check(account, settings):
    saved = {}
    double, connector = account(20, settings=settings, context=Context(save=saved.update, load=lambda: saved))
    double.versions_gone = {"2026-09", "2026-03"}
    made = connector()
    assert {each.level for each in made.prepare(TAGS)} == {Level.PASS}
    got = pulled_all(lambda: made, made.capabilities.streams)
    assert len(got[Stream.CONTACTS].records) == 20
    assert saved["api_version"] == "v3"
    asked = [each for each in double.counts if "/2026-" in each]
    assert len(asked) <= 4, asked


def test_an_account_that_does_not_tell_of_itself_is_read_all_the_same(account):
    layers = []

    def wrap(app):
        layers.append(Faults(app))
        return layers[0]

    _, connector = account(3, wrap=wrap)
    layers[0].add(Fault(match="account-info", status=403, body=b'{"message": "not for this key"}'))
    made = connector()
    assert len(pull(made, Stream.CONTACTS).records) == 3
    assert made.link(Stream.CONTACTS, "1") is None
    found = {each.name: each for each in made.check()}
    assert (found["account"].level, found["account"].detail) == (Level.WARN, "not for this key")
    assert found["crm.objects.contacts.read"].level is Level.PASS
