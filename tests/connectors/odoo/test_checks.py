"""What the check finds: the version and the way to call it, who we are, each right by itself, and what a rule hides."""

from __future__ import annotations

import pytest

from connectors.odoo.errors import Misfit, named
from crm_ext.connector_api import (
    Context,
    Level,
    NeedsAttention,
    RetryLater,
    Stream,
)
from crm_ext.connector_api.testing import TAGS, Fault
from crm_ext.connector_api.testing.pulling import pulled_all
from tests.connectors.odoo import known
from tests.doubles.odoo import PASSWORD

pytestmark = pytest.mark.usefixtures("quick")


def by_name(findings):
    return {each.name: each for each in findings}


def unsound(findings):
    return {each.name: each.level for each in findings if each.level is not Level.PASS}


def pulled(connector, stream):
    return pulled_all(connector, (stream,))[stream]


@pytest.mark.parametrize(("serie", "how"), [(18, "JSON-RPC"), (19, "JSON-2")])
def test_the_way_to_call_is_chosen_by_the_version(site, serie, how):
    saved = {}
    double, connector = site(5, serie, context=Context(save=saved.update))
    connector().prepare(TAGS)
    found = by_name(connector().check())
    assert unsound(found.values()) == {}
    assert found["server"].detail == f"Odoo {serie}.0, called by {how}"
    assert (saved["version"], saved["uid"], saved["absent"]) == (f"{serie}.0", 2, "helpdesk.ticket")
    assert not double.writes.get("res.partner")
    double.calls.clear()
    pulled(lambda: connector(**saved), Stream.CASES)
    assert not [each for each in double.calls if each.startswith(("common.", "helpdesk"))]


def test_a_server_that_was_upgraded_is_called_by_its_new_way(site):
    saved = {}
    _, connector = site(3, 19, context=Context(save=saved.update), settings={"version": "18.0", "uid": 2})
    assert len(pulled(connector, Stream.CONTACTS).records) == 3
    assert "JSON-2" in by_name(connector().check())["server"].detail
    assert saved["version"] == "19.0"


def test_a_password_does_before_19(site):
    double, connector = site(3, 18)
    double.keys = {PASSWORD}
    assert unsound(connector(api_key=PASSWORD).check()).keys() == {"prepared"}


@pytest.mark.parametrize("serie", [18, 19])
def test_a_wrong_key_is_tried_once(site, serie):
    double, connector = site(1, serie)
    found = by_name(connector(api_key="wr0ng-key").check())
    assert unsound(found.values()) == {"signed in": Level.FAIL}
    assert found["signed in"].fix.startswith("In Odoo: Preferences, Account Security")
    assert "wr0ng-key" not in str(found)
    assert double.calls["common.authenticate"] <= 1


@pytest.mark.parametrize("serie", [18, 19])
def test_a_wrong_database_is_told_in_the_providers_words(site, serie):
    _, connector = site(1, serie)
    found = [each for each in connector(database="other").check() if each.level is Level.FAIL]
    assert [each.name for each in found] == ["signed in"]
    assert "database" in found[0].fix


@pytest.mark.parametrize("serie", [18, 19])
def test_what_a_rule_hides_is_found_though_lists_say_nothing(site, serie):
    """Own Documents Only: fewer rows or none, without an error; only a number that is asked for is refused."""
    double, connector = site(40, serie)
    assert unsound(connector().check()).keys() == {"prepared"}
    for least in (5, 0):
        double.hide = lambda model, row, least=least: model == "crm.lead" and row["id"] > least
        found = by_name(connector().check())["read lead (crm.lead)"]
        assert found.level is Level.WARN
        assert found.detail.startswith(f"{least} records, but not all of them")
        assert "Personal Documents" in found.detail
        assert "User: All Documents" in found.fix


@pytest.mark.parametrize("serie", [18, 19])
def test_deleted_numbers_are_no_hidden_records(site, serie):
    double, connector = site(40, serie)
    double.db.unlink("crm.lead", [2, 3, 10])
    assert unsound(connector().check()).keys() == {"prepared"}


@pytest.mark.parametrize("serie", [18, 19])
def test_what_may_not_be_read_is_told_and_the_rest_goes_on(site, serie):
    double, connector = site(8, serie)
    double.barred = {"sale.order"}
    assert unsound(connector().check())["read order (sale.order)"] is Level.WARN
    got = pulled(connector, Stream.DEALS)
    (bad,) = got.bad
    assert "sale.order" in bad.reason
    assert (len(got.records), got.complete) == (2, False)
    double.barred = {"res.partner"}
    with pytest.raises(NeedsAttention):
        pulled(connector, Stream.CONTACTS)


def test_without_the_right_to_write_the_check_fails(site):
    double, connector = site(2)
    double.read_only = True
    found = by_name(connector().check())["write res.partner"]
    assert (found.level, "Contact Creation" in found.fix) == (Level.FAIL, True)


def test_a_salespersons_key_is_told_what_it_may_not_make(site):
    _, connector = site(2, admin=False)
    assert unsound(connector().check()) == {"make fields": Level.WARN, "prepared": Level.WARN}


@pytest.mark.parametrize("serie", [18, 19])
def test_tickets_are_read_where_there_is_a_helpdesk_and_tasks_where_not(site, serie):
    for helpdesk, ids in ((True, {"ticket:1"}), (False, {"task:1", "task:2"})):
        _, connector = site(serie=serie, tables=known.tables(serie), helpdesk=helpdesk)
        assert pulled(connector, Stream.CASES).records.keys() == ids


@pytest.mark.parametrize("serie", [18, 19])
def test_a_model_that_odoo_fails_at_is_not_taken_for_a_missing_one(site, serie):
    """What was read of it before stays: the stream is not complete."""
    double, connector = site(8, serie)
    full = pulled(connector, Stream.DEALS)
    assert full.complete
    double.broken = {"crm.lead"}
    got = pulled(connector, Stream.DEALS)
    assert not got.complete
    assert [each.place for each in got.bad] == ["crm.lead"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("psycopg2.errors.UndefinedColumn", RetryLater),
        ("psycopg2.errors.SerializationFailure", RetryLater),
        ("psycopg2.pool.PoolError", RetryLater),
        ("werkzeug.exceptions.UnprocessableEntity", Misfit),
    ],
)
def test_errors_are_told_by_their_class(name, kind):
    assert type(named("res.partner.write", name, "words", 500)) is kind


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_by_itself_is_waited_for_whatever_the_answer_holds(site, status):
    double, connector = site(3)
    body = b'{"name": "werkzeug.exceptions.ServiceUnavailable", "message": "wait", "debug": ""}'
    fault = Fault(match="search_read", status=status, headers={"Content-Type": "application/json"}, body=body, times=2)
    with double.faults.inject(fault) as injected:
        assert len(pulled(connector, Stream.CONTACTS).records) == 3
    assert injected.hits == 2


def test_a_page_instead_of_an_answer_is_no_odoo(site):
    _, connector = site(1, 18)
    made = connector(version="19.0")
    (server, *_) = made.check()
    assert server.level is Level.PASS
    with pytest.raises(NeedsAttention, match="leads to /web/login"):
        pulled(lambda: connector(version="19.0"), Stream.CONTACTS)


def test_links_lead_to_the_record(site):
    for serie, contact in ((19, "/odoo/res.partner/5"), (16, "/web#id=5&model=res.partner&view_type=form")):
        made = site(1, serie)[1](version=f"{serie}.0")
        base = made.config["base_url"]
        assert made.link(Stream.CONTACTS, "5") == base + contact
        assert made.link(Stream.ACTIVITIES, "message:5") is None
