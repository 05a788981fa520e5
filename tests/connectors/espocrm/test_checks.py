"""Who we are, each right by its name, and what happens to those who knock with a wrong key."""

from __future__ import annotations

import pytest

from crm_ext.connector_api import Level, NeedsAttention, RetryLater, Stream
from crm_ext.connector_api.testing import TAGS
from crm_ext.connector_api.testing.pulling import pulled_all
from tests.doubles.espocrm import SECRET

pytestmark = pytest.mark.usefixtures("quick")


def by_name(findings):
    return {each.name: each for each in findings}


def unsound(findings):
    return {each.name: each.level for each in findings if each.level is not Level.PASS}


@pytest.fixture
def prepared(site):
    double, connector = site(5)
    connector().prepare(TAGS)
    return double, connector


@pytest.mark.parametrize(
    ("entity", "action", "level"),
    [
        ("Contact", "read", Level.FAIL),
        ("Account", "read", Level.WARN),
        ("Lead", "read", Level.WARN),
        ("Email", "read", Level.WARN),
        ("Contact", "edit", Level.FAIL),
        ("Lead", "edit", Level.WARN),
    ],
)
def test_a_missing_right_is_found_alone(prepared, entity, action, level):
    double, connector = prepared
    double.rights[entity] = {**double.rights[entity], action: "no"}
    found = connector().check()
    assert unsound(found) == {f"{action} {entity}": level}
    told = by_name(found)[f"{action} {entity}"]
    assert entity in told.fix
    assert action == "edit" or told.detail == "No read access."


def test_a_sound_connection_passes_and_writes_nothing(prepared):
    double, connector = prepared
    assert unsound(connector().check()) == {}
    assert not double.crm.writes


def test_what_is_half_allowed_is_a_warning(prepared):
    double, connector = prepared
    double.rights["Contact"] = {**double.rights["Contact"], "edit": "own"}
    double.mass_update = "no"
    double.barred["Contact"] = {"cCrmExtStage"}
    assert unsound(connector().check()) == {
        "edit Contact": Level.WARN,
        "mass update": Level.WARN,
        "fields of Contact": Level.FAIL,
    }


def test_a_lower_limit_for_pages_is_found_before_it_refuses_everything(prepared):
    double, connector = prepared
    double.most = 50
    found = by_name(connector().check())
    assert (found["page size"].level, found["page size"].fix) == (Level.FAIL, "Set page_size to 50.")
    assert by_name(connector(page_size=50).check())["page size"].level is Level.PASS


def test_missing_fields_are_named(site):
    _, connector = site(1)
    told = by_name(connector().check())["fields of Contact"]
    assert (told.level, "crm_ext_stage" in told.detail) == (Level.WARN, True)


def test_a_wrong_key_is_tried_once(site):
    double, connector = site(1)
    (told,) = connector(api_key="wr0ng-key").check()
    assert (told.level, double.requests) == (Level.FAIL, 1)
    assert told.fix
    assert "wr0ng-key" not in f"{told.detail} {told.fix}"


def test_an_address_that_is_shut_out_is_told_from_a_missing_right(site, monkeypatch):
    _, connector = site(1)
    for _ in range(11):
        with pytest.raises(NeedsAttention):
            pulled_all(lambda: connector(api_key="wrong"), (Stream.COMPANIES,))
    monkeypatch.setattr("connectors.espocrm.api.LOCKED", 1000.0)
    with pytest.raises(RetryLater, match="shuts this address out"):
        pulled_all(connector, (Stream.COMPANIES,))


def test_hmac_signs_path_and_method(site):
    double, connector = site(3)
    double.hmac_only = True
    signed = connector(secret_key=SECRET)
    assert unsound(signed.check()).keys() <= {"fields of Contact", "fields of Lead"}
    assert len(pulled_all(lambda: signed, (Stream.CONTACTS,))[Stream.CONTACTS].records) == 3
    assert unsound(connector().check()) == {"signed in": Level.FAIL}


def test_what_may_not_be_read_is_told_and_the_rest_goes_on(site):
    double, connector = site(4)
    double.rights["Call"] = {**double.rights["Call"], "read": "no"}
    got = pulled_all(connector, (Stream.ACTIVITIES,))[Stream.ACTIVITIES]
    (bad,) = got.bad
    assert "No read access." in bad.reason
    assert len(got.records) == 16
    assert not got.complete
    double.rights["Contact"] = False
    with pytest.raises(NeedsAttention):
        pulled_all(connector, (Stream.CONTACTS,))


def test_fields_come_with_type_label_options_and_fill(site):
    _, connector = site(10)
    found = {each.name: each for each in connector().fields(Stream.CONTACTS)}
    assert (found["title"].label, found["title"].fill, found["title"].type) == ("Contact Title", 1.0, "varchar")
    assert (found["account"].fill, found["description"].fill) == (1.0, 0.0)
    deals = {each.name: each for each in connector().fields(Stream.DEALS)}
    assert ("Closed Won", "Closed Won") in deals["stage"].options


def test_links_lead_to_the_record(site):
    made = site(1)[1]()
    base = made.config["base_url"]
    assert made.link(Stream.CONTACTS, "c1") == f"{base}/#Contact/view/c1"
    assert made.link(Stream.ACTIVITIES, "Meeting:m1") == f"{base}/#Meeting/view/m1"
    assert made.link(Stream.CONTACTS, "Lead:l1") == f"{base}/#Lead/view/l1"
