"""Microseconds that are kept and not shown, transactions that end late, archives, merges, deletions without a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.odoo import reading
from crm_ext.connector_api import DealStatus, Direction, EventType, Stream
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from tests.connectors.odoo import known
from tests.connectors.odoo.case import merged
from tests.doubles.odoo_orm import utc

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(params=[18, 19])
def changed(request, site):
    """A site, and a function that pulls what changed in a stream since it was last called."""

    def make(number=8, *, tables=None, **settings):
        given = tables(request.param) if tables else None
        double, connector = site(number, request.param, tables=given, settings=settings)
        marks = {stream: got.since for stream, got in pulled_all(connector, tuple(Stream)).items()}

        def changes(stream=Stream.CONTACTS):
            got = pull(connector(), stream, marks[stream])
            marks[stream] = got.since
            return got

        return double, changes

    return make


def person(double, place=0):
    return [each["id"] for each in double.db.rows["res.partner"].values() if each.get("function") == "buyer"][place]


def put(double, model, number, *, ago=0.0, **values):
    double.db.write(model, {number: values}, utc() - timedelta(seconds=ago))


def test_a_change_is_seen_once_the_clock_moved_on(changed):
    double, changes = changed()
    one = person(double)
    put(double, "res.partner", one, ago=2, function="Head")
    assert [each.title for each in changes().records.values()] == ["Head"]
    assert changes().records == {}


def test_more_rows_than_a_page_within_one_second(changed, monkeypatch):
    """A transaction gives all of its rows one time: paging by time would lose or repeat them."""
    monkeypatch.setattr(reading, "LISTED", 50)
    double, changes = changed(230, page_size=40)
    at = utc() - timedelta(seconds=5)
    rows = [each["id"] for each in double.db.rows["res.partner"].values() if each.get("function") == "buyer"]
    double.db.write("res.partner", {each: {"function": "Head"} for each in rows}, at)
    assert len(changes().records) == 230
    assert changes().records == {}


def test_a_transaction_that_ends_late_is_not_lost(changed):
    """Odoo dates rows by the beginning of the transaction: they turn up behind what was read already."""
    double, changes = changed()
    put(double, "res.partner", person(double), ago=1, function="now")
    assert len(changes().records) == 1
    put(double, "res.partner", person(double, 1), ago=200, function="late")
    assert [each.title for each in changes().records.values()] == ["late"]
    assert changes().records == {}


def test_a_write_that_changes_nothing_comes_back_and_changes_nothing(changed):
    double, changes = changed()
    one = person(double)
    before = changes().records
    put(double, "res.partner", one, ago=1)
    (again,) = changes().records.values()
    assert before == {}
    assert again.title == "buyer"


def test_archived_people_are_gone_and_come_back(changed):
    double, changes = changed()
    one = person(double)
    put(double, "res.partner", one, ago=3, active=False)
    assert changes().deleted == {str(one)}
    put(double, "res.partner", one, ago=2, active=True)
    assert set(changes().records) == {str(one)}
    assert changes().pages[-1][1].complete is False


def test_lost_leads_stay_though_odoo_archives_them(changed):
    double, changes = changed()
    lost = {"active": False, "probability": 0.0}
    put(double, "crm.lead", 1, ago=2, **lost, **({"won_status": "lost"} if double.serie >= 19 else {}))
    (lead,) = changes(Stream.DEALS).records.values()
    assert (lead.id, lead.status) == ("lead:1", DealStatus.LOST)
    assert changes(Stream.DEALS).deleted == set()


def test_a_lead_without_a_partner_is_the_persons_whose_address_it_has(changed):
    """Also what was written about it; an address that several share is nobody's."""
    double, changes = changed()
    at, one, two, three = utc() - timedelta(seconds=2), *(person(double, place) for place in (1, 2, 3))
    double.db.write("res.partner", {each: {"email_normalized": "shared@example.com"} for each in (two, three)}, at)
    known_one = double.db.rows["res.partner"][one]["email_normalized"]
    lead = {"name": "Web form", "probability": 10.0}
    addresses = (known_one, "shared@example.com", "nobody@example.com", False)
    ids = double.db.create("crm.lead", [{**lead, "email_normalized": each} for each in addresses], at)
    said = {"model": "crm.lead", "res_id": ids[0], "message_type": "email", "body": "<p>Please call</p>", "date": at}
    (message,) = double.db.create("mail.message", [said], at)
    deals, activities = changes(Stream.DEALS).records, changes(Stream.ACTIVITIES).records
    assert [deals[f"lead:{each}"].contact_ids for each in ids] == [(str(one),), (), (), ()]
    assert activities[f"message:{message}"].contact_ids == (str(one),)


def test_deletions_are_found_by_counting_and_comparing_numbers(changed, monkeypatch):
    monkeypatch.setattr(reading, "SWEPT", 3)
    double, changes = changed(10)
    gone = [person(double, place) for place in (0, 4, 9)]
    double.db.unlink("res.partner", gone)
    assert changes().deleted == {str(each) for each in gone}
    assert changes().deleted == set()
    touched = changes(Stream.ACTIVITIES)
    assert len(touched.deleted) == 3 * 4, "what was written about a contact goes with it"


def test_as_many_came_as_went(changed):
    """One that is made and one that is deleted balance in the count; the new one is read, the old one found missing."""
    double, changes = changed()
    row = double.db.rows["res.partner"][person(double)]
    double.db.create("res.partner", [{"name": "New", "type": "contact"}], utc() - timedelta(seconds=2))
    double.db.unlink("res.partner", [row["id"]])
    got = changes()
    assert [each.name for each in got.records.values()] == ["New"]
    assert got.deleted == {str(row["id"])}


def test_a_merged_contact_lives_on_in_another(changed):
    double, changes = changed()
    old, into = person(double), person(double, 1)
    merged(double, old, into)
    got = changes()
    assert got.merged == {str(old): str(into)}
    assert got.deleted == set()


def test_a_plan_that_was_done_becomes_what_was_done(changed):
    """18 deletes the plan, 19 archives it; both leave a message, which tells what was done."""
    double, changes = changed(tables=known.tables)
    at = utc() - timedelta(seconds=2)
    if double.serie >= 19:
        put(double, "mail.activity", 1, ago=2, active=False, state="done")
    else:
        double.db.unlink("mail.activity", [1])
    said = {"model": "res.partner", "res_id": known.NORA, "message_type": "notification", "subtype_id": 3}
    said |= {"author_id": 4, "mail_activity_type_id": 2, "body": "<p>Called, all well</p>", "date": at}
    (number,) = double.db.create("mail.message", [said], at)
    got = changes(Stream.ACTIVITIES)
    assert got.deleted == {"activity:1"}
    call = got.records[f"message:{number}"]
    assert (call.type, call.direction, call.text) == (EventType.CALL, Direction.OUTBOUND, "Called, all well")


def test_what_the_user_may_not_see_does_not_end_the_stream(site):
    """Odoo takes hidden messages out of a page when the page is cut already: a short or empty page proves nothing."""
    double, connector = site(20, settings={"page_size": 10})
    double.hide = lambda model, row: model == "mail.message" and row["id"] % 2
    got = pulled_all(connector, (Stream.ACTIVITIES,))[Stream.ACTIVITIES].records
    assert sum(each.startswith("message:") for each in got) == 40


def test_a_pull_goes_on_where_it_was_cut(changed, site):
    _, connector = site(60, settings={"page_size": 20})
    expected = pulled_all(connector, (Stream.ACTIVITIES,))[Stream.ACTIVITIES].records
    records, checkpoint, since = {}, None, None
    while since is None:
        made = connector()
        pages = made.pull(made.parts(Stream.ACTIVITIES, None)[0], checkpoint)
        for _, page in zip(range(3), pages, strict=False):
            records |= {each.id: each for each in page.changes}
            checkpoint, since = page.checkpoint, page.since
        pages.close()
    assert records == expected
    assert pull(connector(), Stream.ACTIVITIES, since).deleted == set()
