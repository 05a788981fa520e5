"""Whole seconds, deletions without a trace, addresses instead of contacts, and notes that may not be listed."""

from __future__ import annotations

import time

import pytest

from connectors.espocrm import EspoCRM, streams
from crm_ext.connector_api import Deleted, Part, Stream
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from tests.doubles.espocrm_data import Crm, text
from tests.doubles.espocrm_seed import DAY

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def contacts(site):
    """A site of contacts that were changed at one instant, and a function that pulls what changed."""

    def make(number=5, **options):
        double, connector = site(number, **options)
        state = {"since": pulled_all(connector, (Stream.CONTACTS,))[Stream.CONTACTS].since}

        def changes():
            got = pulled_all(connector, (Stream.CONTACTS,), {Stream.CONTACTS: state["since"]})[Stream.CONTACTS]
            state["since"] = got.since
            return got

        return double, changes

    return make


def test_two_changes_within_a_second_are_both_seen(contacts):
    double, changes = contacts()
    one = next(iter(double.crm.rows["Contact"]))
    now = time.time()
    double.crm.now = lambda: now
    for title in ("first", "second", "third"):
        double.crm.change("Contact", one, {"title": title})
        assert [each.title for each in changes().records.values()] == [title]
        assert changes().records == {}


def test_more_than_a_page_of_one_second_is_walked(contacts):
    double, changes = contacts(450)
    now = time.time()
    double.crm.now = lambda: now
    for each in double.crm.rows["Contact"]:
        double.crm.change("Contact", each, {"title": "x"})
    assert len(changes().records) == 450
    assert changes().records == {}


def test_a_write_that_is_seen_late_is_not_lost(contacts):
    """A transaction that was stamped ten seconds ago and ends now."""
    double, changes = contacts()
    ids = list(double.crm.rows["Contact"])
    double.crm.change("Contact", ids[0], {"title": "now"})
    assert set(changes().records) == {ids[0]}
    double.crm.now = lambda: time.time() - 10
    double.crm.change("Contact", ids[1], {"title": "late"})
    assert set(changes().records) == {ids[1]}


def test_a_deletion_is_noticed_by_the_count_alone(contacts):
    double, changes = contacts()
    gone, *rest = double.crm.rows["Contact"]
    double.crm.delete("Contact", gone)
    got = changes()
    assert got.complete
    assert set(got.records) == set(rest)
    assert not changes().complete


def test_made_and_deleted_between_two_pulls_balance(contacts):
    """As many came as went: the sum is the same, and yet it is noticed."""
    double, changes = contacts()
    crm = double.crm
    new = crm.add("Contact", {"lastName": "New"}, time.time())
    assert set(changes().records) == {new}
    crm.delete("Contact", next(iter(crm.rows["Contact"])))
    crm.add("Contact", {"lastName": "Newer"}, time.time())
    assert changes().complete


def test_a_young_record_that_is_deleted_is_noticed_once_it_would_count(site):
    double, connector = site(3)
    since = pulled_all(connector, (Stream.CONTACTS,))[Stream.CONTACTS].since
    new = double.crm.add("Contact", {"lastName": "New"}, time.time())
    got = pull(connector(), Stream.CONTACTS, since)
    assert set(got.records) == {new}
    double.crm.delete("Contact", new)
    assert not pull(connector(), Stream.CONTACTS, got.since).complete
    later = connector(look_back=0)
    time.sleep(2)
    assert pull(later, Stream.CONTACTS, got.since).complete


def test_a_long_stream_rests_after_it_was_read_anew(contacts, monkeypatch):
    monkeypatch.setattr(streams, "FREE_PAGES", 0)
    double, changes = contacts(10)
    ids = list(double.crm.rows["Contact"])
    double.crm.delete("Contact", ids[0])
    assert not changes().complete
    monkeypatch.setattr(streams, "time", type("Later", (), {"time": staticmethod(lambda: time.time() + DAY)}))
    assert changes().complete


def test_a_pull_goes_on_where_it_was_cut(site):
    _, connector = site(300, settings={"page_size": 50})
    expected = pulled_all(connector, (Stream.ACTIVITIES,))[Stream.ACTIVITIES].records
    records, checkpoint, since = {}, None, None
    while since is None:
        made = connector()
        pages = made.pull(made.parts(Stream.ACTIVITIES, None)[0], checkpoint)
        for _, page in zip(range(7), pages, strict=False):
            records |= {each.id: each for each in page.changes}
            checkpoint, since = page.checkpoint, page.since
        pages.close()
    assert records == expected
    assert pulled_all(connector, (Stream.ACTIVITIES,), {Stream.ACTIVITIES: since})[Stream.ACTIVITIES].records == {}


def test_named_records_are_read_and_missing_ones_are_gone(site):
    double, connector = site(3)
    one = next(iter(double.crm.rows["Call"]))
    part = Part(Stream.ACTIVITIES, bounds={"ids": [f"Call:{one}", "Meeting:none"]})
    changes = [each for page in connector().pull(part, None) for each in page.changes]
    assert changes[0].id == f"Call:{one}"
    assert changes[1] == Deleted(Stream.ACTIVITIES, "Meeting:none")


def mail(crm: Crm, sender: str, *receivers: str) -> str:
    names = {str(number): address for number, address in enumerate(receivers)}
    to = {"toEmailAddressesIds": list(names), "toEmailAddressesNames": names}
    told = {"name": "Mail", "status": "Archived", "dateSent": text(time.time() - DAY)}
    return crm.add("Email", {**told, **to, "fromEmailAddressName": sender}, time.time() - DAY)


def test_addresses_lead_to_everybody_who_has_them(site):
    """Main and further addresses, in any case, shared ones, those of leads, and those of nobody."""
    crm = Crm()
    one = crm.add("Contact", {"lastName": "One", "emailAddress": "One@Example.com", "_more": ["uno@example.com"]}, 1e9)
    two = crm.add("Contact", {"lastName": "Two", "emailAddress": "shared@example.com"}, 1e9)
    three = crm.add("Contact", {"lastName": "Three", "emailAddress": "shared@example.com"}, 1e9)
    lead = crm.add("Lead", {"lastName": "Four", "emailAddress": "four@example.com"}, 1e9)
    mails = {
        mail(crm, "uno@example.com", "nobody@example.org"): ("inbound", (one,)),
        mail(crm, "nobody@example.org", "ONE@example.com", "four@example.com"): ("outbound", (one, f"Lead:{lead}")),
        mail(crm, "shared@example.com"): ("inbound", (two, three)),
        mail(crm, "else@example.org", "else2@example.org"): ("outbound", ()),
    }
    _, connector = site(crm=crm)
    for given in (connector(), connector(page_size=1)):
        got = pulled_all(lambda given=given: given, (Stream.ACTIVITIES,))[Stream.ACTIVITIES].records
        assert {each.split(":")[1]: (got[each].direction, got[each].contact_ids) for each in got} == mails


@pytest.mark.parametrize(
    ("notes", "lists", "found"), [("list", True, 4), ("list", False, 0), ("each", False, 4), ("off", True, 0)]
)
def test_notes_are_read_as_the_server_and_the_setting_allow(site, notes, lists, found):
    double, connector = site(4, lists_notes=lists, settings={"stream_notes": notes})
    for row in double.crm.rows["Contact"].values():
        row["streamUpdatedAt"] = row["createdAt"]
    made = connector()
    full = pull(made, Stream.ACTIVITIES)
    assert (sum(each.startswith("Note:") for each in full.records), full.complete, full.bad) == (found, True, [])
    assert len(full.records) == found + 16
    one = next(iter(double.crm.rows["Contact"]))
    double.crm.add("Note", {"type": "Post", "post": "new", "parentType": "Contact", "parentId": one}, time.time())
    double.crm.rows["Contact"][one]["streamUpdatedAt"] = text(time.time())
    got = pull(connector(), Stream.ACTIVITIES, full.since)
    assert [each.text for each in got.records.values()] == (["new"] if found else [])


def test_kinds_can_be_left_out(site):
    _, connector = site(4, settings={"without": "leads, Call,emails,notes,contacts"})
    pulls = pulled_all(connector, EspoCRM.capabilities.streams)
    assert len(pulls[Stream.CONTACTS].records) == 4
    assert {each.split(":")[0] for each in pulls[Stream.ACTIVITIES].records} == {"Meeting", "Task"}
