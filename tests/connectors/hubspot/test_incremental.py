"""What changed since the last time: past ten thousand results, equal times, a late index, archive and merge."""

from __future__ import annotations

import time

import pytest

from crm_ext.connector_api import BadRow, Context, Deleted, FieldMap, NeedsAttention, Part, Stream
from crm_ext.connector_api.testing.pulling import pull
from tests.connectors.hubspot.case import known_state
from tests.doubles import hubspot_api as api
from tests.doubles.hubspot_portal import Portal, now_ms
from tests.doubles.hubspot_seed import seeded

pytestmark = pytest.mark.usefixtures("quick")
CONTACTS = Stream.CONTACTS


def crowd(number, at):
    portal = Portal()
    for each in range(number):
        portal.add("contacts", {"email": f"p{each}@example.com"}, at)
    return portal


@pytest.mark.slow
def test_more_than_ten_thousand_changes_of_one_instant_are_all_found(account):
    at = now_ms() - 3_600_000
    portal = crowd(10_450, at)
    double, connector = account(portal=portal)
    since = {"contacts": {"at": at - 1, "tail": {}, "archive_read": 0, "archive_due": 0}}
    got = pull(connector(), CONTACTS, since)
    assert len(got.records) == 10_450
    searches = double.counts["POST /crm/objects/2026-09/contacts/search"]
    assert searches <= 10_450 / 200 + 3
    again = pull(connector(), CONTACTS, got.since)
    assert not again.records


def test_a_search_past_ten_thousand_is_refused_by_the_double():
    """Else the test above could not fail."""
    body = {"filterGroups": [], "sorts": [], "properties": [], "limit": 200, "after": "9900"}
    with pytest.raises(api.Refused, match="10000"):
        api.search(crowd(3, 1), {}, body, "contacts")


def test_a_change_that_the_index_shows_late_is_found_by_the_next_pull(account):
    portal = seeded(300, lag=2.0)
    _, connector = account(portal=portal)
    first = pull(connector(), CONTACTS)
    early, late = (each.id for each in portal.alive("contacts")[:2])
    portal.change("contacts", early, {"jobtitle": "early"}, now_ms() - 1900)
    portal.change("contacts", late, {"jobtitle": "late"}, now_ms() - 10)
    time.sleep(0.2)
    second = pull(connector(), CONTACTS, first.since)
    assert {name for name, each in second.records.items() if each.title in {"early", "late"}} == {str(early)}
    time.sleep(2.2)
    third = pull(connector(), CONTACTS, second.since)
    assert [each.title for each in third.records.values()] == ["late"]
    assert not pull(connector(), CONTACTS, third.since).records


def test_a_late_change_among_many_known_ones_is_found(account):
    """More is known in the look-back than one search shows; the count of the index gives the late one away."""
    at = now_ms() - 5_000
    portal = crowd(450, at)
    _, connector = account(portal=portal)
    first = pull(connector(), CONTACTS)
    hidden = portal.add("contacts", {"email": "late@example.com"}, at - 1)
    again = pull(connector(), CONTACTS, first.since)
    assert list(again.records) == [str(hidden.id)]
    portal.change("contacts", hidden.id, {"jobtitle": "Head"})
    assert list(pull(connector(), CONTACTS, again.since).records) == [str(hidden.id)]


def test_a_record_that_changes_while_it_is_pulled_is_pulled_again(account):
    portal = seeded(250)
    _, connector = account(portal=portal)
    first, *_ = portal.alive("contacts")
    pages = connector().pull(Part(CONTACTS), None)
    next(pages)
    portal.change("contacts", first.id, {"jobtitle": "changed meanwhile"})
    since = [page.since for page in pages][-1]
    got = pull(connector(), CONTACTS, since)
    assert got.records[str(first.id)].title == "changed meanwhile"


def test_archived_ones_are_told_once_and_come_back_when_restored(account):
    portal = seeded(20)
    _, connector = account(portal=portal)
    first = pull(connector(), CONTACTS)
    gone = portal.alive("contacts")[4].id
    portal.archive("contacts", gone)
    time.sleep(1.1)  # HubSpot's clock is known to the second; what is younger is told a second time
    second = pull(connector(), CONTACTS, first.since)
    assert second.deleted == {str(gone)}
    third = pull(connector(), CONTACTS, second.since)
    assert not third.deleted
    portal.things["contacts"][gone].archived = None
    portal.change("contacts", gone, {"jobtitle": "back"})
    assert list(pull(connector(), CONTACTS, third.since).records) == [str(gone)]


def test_a_long_archive_is_not_read_at_each_run(account):
    portal = seeded(700)
    double, connector = account(portal=portal)
    first = pull(connector(), CONTACTS)
    for each in portal.alive("contacts")[:650]:
        portal.archive("contacts", each.id)
    spent = []
    since = first.since
    for _ in range(3):
        before = double.counts["GET /crm/objects/2026-09/contacts"]
        got = pull(connector(), CONTACTS, since)
        since = got.since
        spent.append((double.counts["GET /crm/objects/2026-09/contacts"] - before, len(got.deleted)))
    assert spent == [(7, 650), (0, 0), (0, 0)]


def test_a_kind_that_may_not_be_read_is_named_and_the_others_go_on(account):
    double, connector = account(30)
    double.scopes -= {"crm.objects.deals.read"}
    got = pull(connector(), Stream.DEALS)
    assert [each.reason for each in got.bad] == [got.bad[0].reason]
    assert "crm.objects.deals.read" in got.bad[0].reason
    assert got.since == {}
    assert not got.complete
    double.scopes = frozenset()
    with pytest.raises(NeedsAttention, match=r"crm\.objects\.contacts\.read"):
        pull(connector(), CONTACTS)


def test_what_is_left_out_is_not_asked_for(account):
    double, connector = account(30)
    got = pull(connector(without="emails, tasks"), Stream.ACTIVITIES)
    kinds = {each.partition(":")[0] for each in got.records}
    assert kinds == {"calls", "meetings", "notes", "communications"}
    assert not [path for path in double.counts if "emails" in path or "tasks" in path]


def test_a_row_that_cannot_be_read_is_told_and_the_others_come(account):
    portal = seeded(12)
    portal.change("deals", portal.alive("deals")[0].id, {"amount": "a lot"})
    _, connector = account(portal=portal)
    got = pull(connector(), Stream.DEALS)
    assert len(got.records) == 3
    assert got.bad == [BadRow(Stream.DEALS, f"deals {got.bad[0].id}", "'a lot' is no amount", got.bad[0].id)]


def test_records_are_pulled_by_the_ids_that_a_webhook_names(account):
    portal = known_state()
    _, connector = account(portal=portal, settings={"portal_id": "1", "ui_domain": "app.hubspot.com"})
    portal.archive("contacts", 13)
    pages = list(connector().pull(Part(CONTACTS, bounds={"ids": ["11", "13"]}), None))
    (nora,) = [each for page in pages for each in page.changes if not isinstance(each, Deleted)]
    assert (nora.name, nora.company_id) == ("Clara Winslow", "21")
    assert [each for page in pages for each in page.changes if isinstance(each, Deleted)] == [Deleted(CONTACTS, "13")]
    pages = list(connector().pull(Part(Stream.ACTIVITIES, bounds={"ids": ["emails:51", "calls:51"]}), None))
    assert {each.id for page in pages for each in page.changes} == {"calls:51", "emails:51"}


def test_longer_lists_of_associations_are_read_to_their_end(account):
    portal = known_state()
    others = [portal.add("contacts", {}, 1_750_000_000_000).id for _ in range(620)]
    for each in others:
        portal.link("deals", 31, "contacts", each)
    _, connector = account(portal=portal)
    deal = pull(connector(), Stream.DEALS).records["31"]
    assert set(deal.contact_ids) == {"11", "12", *map(str, others)}


def test_many_properties_are_asked_for_in_the_body(account):
    """An address that is too long would be refused with 414."""
    names = {f"custom_property_{number:04d}": f"p{number}" for number in range(300)}
    portal = seeded(250)
    portal.change("companies", portal.alive("companies")[0].id, {"custom_property_0042": "x"})
    _, connector = account(portal=portal, context=Context(mapping=FieldMap(custom={Stream.COMPANIES: names})))
    got = pull(connector(), Stream.COMPANIES)
    assert len(got.records) == len(portal.alive("companies"))
    assert [each.custom for each in got.records.values() if each.custom] == [{"p42": "x"}]
