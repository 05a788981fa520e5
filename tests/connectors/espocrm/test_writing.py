"""Our fields: made by an admin or told exactly, written together or alone, each row with its own result."""

from __future__ import annotations

import pytest

from crm_ext.connector_api import TAG_KINDS, Level, NeedsAttention, Outcome, Row
from crm_ext.connector_api.testing import TAGS, Fault, valued
from tests.doubles.espocrm_seed import seeded

pytestmark = pytest.mark.usefixtures("quick")
NO_ADMIN = {"admin_login": "", "admin_password": ""}
MASS = r"POST /api/v1/MassAction"
PUT = r"PUT /api/v1/Contact"


@pytest.fixture
def prepared(site):
    def make(contacts=10, **options):
        double, connector = site(contacts, **options)
        connector().prepare(TAGS)
        double.calls.clear()
        return double, connector(), list(double.crm.rows["Contact"])

    return make


def same(ids):
    return [Row(each, valued(TAGS, 1)) for each in ids]


def different(ids):
    return [Row(each, valued(TAGS, 1) | {"crm_ext_reasons": each}) for each in ids]


def outcomes(results):
    return {each.id: each.outcome for each in results}


def test_without_an_admin_each_field_is_told_exactly(site):
    double, connector = site(1)
    found = {each.name: each for each in connector(**NO_ADMIN).prepare(TAGS)}
    assert len(found) == 2 * len(TAGS)
    stage = found["Contact.crm_ext_stage"]
    assert stage.level is Level.FAIL
    assert "Entity Manager → Contact → Fields → Add Field → Enum, name: crmExtStage" in stage.fix
    assert "'unknown'" in stage.fix
    assert found["Lead.crm_ext_stage"].level is Level.WARN
    assert sum(each.startswith("POST") for each in double.calls) == 2
    assert double.crm.made == 0


def test_fields_that_an_admin_made_are_found_without_one(site):
    _, connector = site(1)
    connector().prepare(TAGS)
    assert {each.level for each in connector(**NO_ADMIN).prepare(TAGS)} == {Level.PASS}


def test_missing_options_are_added_and_others_stay(site):
    double, connector = site(1)
    connector().prepare(TAGS)
    double.crm.custom["Contact"]["cCrmExtStage"]["options"] = ["", "theirs", "unknown"]
    (refused,) = [each for each in connector(**NO_ADMIN).prepare(TAGS) if each.level is Level.FAIL]
    assert "add the options" in refused.fix
    assert {each.level for each in connector().prepare(TAGS)} == {Level.PASS}
    options = double.crm.custom["Contact"]["cCrmExtStage"]["options"]
    assert options[:3] == ["", "theirs", "unknown"]
    assert {value for tag in TAGS if tag.name == "crm_ext_stage" for value, _ in tag.options} <= set(options)


def test_a_foreign_field_of_our_name_is_told_and_left_alone(site):
    double, connector = site(1)
    theirs = {"type": "int"}
    double.crm.custom["Contact"]["cCrmExtTrustLevel"] = dict(theirs)
    (told,) = [each for each in connector().prepare(TAGS) if each.level is Level.FAIL]
    assert (told.name, told.detail) == ("Contact.crm_ext_trust_level", "it is of type int, not float")
    assert double.crm.custom["Contact"]["cCrmExtTrustLevel"] == theirs


def test_fields_of_other_types_hold_the_same(site):
    """An admin may have made text fields for everything but lists."""
    double, connector = site(3)
    for name in TAG_KINDS:
        words = name.removeprefix("crm_ext_").split("_")
        double.crm.custom["Contact"]["cCrmExt" + "".join(map(str.capitalize, words))] = {"type": "text"}
    ids = list(double.crm.rows["Contact"])
    made = connector(**NO_ADMIN)
    assert not [each for each in made.prepare(TAGS) if each.level is Level.FAIL]
    assert set(outcomes(made.push(different(ids))).values()) == {Outcome.OK}
    assert made.read_tags(ids) == {row.id: row.values for row in different(ids)}


def test_clearing_removes_ours_and_nothing_else(site):
    double, connector = site(1)
    connector().prepare(TAGS)
    double.crm.custom["Contact"]["cTheirs"] = {"type": "text"}
    without = connector(**NO_ADMIN).clear(TAGS)
    assert {each.level for each in without} == {Level.WARN}
    assert {each.level for each in connector().clear(TAGS)} == {Level.PASS}
    assert (list(double.crm.custom["Contact"]), double.crm.custom["Lead"]) == (["cTheirs"], {})
    assert connector().clear(TAGS) == []


def test_nothing_is_written_where_our_fields_are_missing(site):
    double, connector = site(2)
    with pytest.raises(NeedsAttention, match="crm_ext_stage"):
        list(connector().push(same(double.crm.rows["Contact"])))
    assert not double.crm.writes


def test_leads_without_our_fields_are_told_and_contacts_written(site):
    double, connector = site(crm=seeded(2, leads=1))
    connector(without="leads").prepare(TAGS)
    (lead,) = double.crm.rows["Lead"]
    got = outcomes(connector().push(same([f"Lead:{lead}", *double.crm.rows["Contact"]])))
    assert got.pop(f"Lead:{lead}") is Outcome.PERMANENT
    assert set(got.values()) == {Outcome.OK}


def test_the_same_values_go_out_together(prepared):
    double, made, ids = prepared(30)
    assert set(outcomes(made.push([*same(ids[:25]), *different(ids[25:])])).values()) == {Outcome.OK}
    assert double.calls["POST /api/v1/MassAction"] == 1
    assert sum(double.calls[f"PUT /api/v1/Contact/{each}"] for each in ids) == 5
    assert set(double.crm.writes.values()) == {1}


def test_what_a_mass_update_leaves_out_is_written_alone_and_told(prepared):
    double, made, ids = prepared(12)
    double.crm.locked.add(ids[3])
    double.crm.delete("Contact", ids[4])
    got = {each.id: each for each in made.push(same([*ids, "nobody"]))}
    special = {ids[3]: Outcome.PERMANENT, ids[4]: Outcome.GONE, "nobody": Outcome.GONE}
    assert {name: got[name].outcome for name in special} == special
    assert {each.outcome for name, each in got.items() if name not in special} == {Outcome.OK}
    assert "field: lastName, type: required" in got[ids[3]].detail
    assert "does not exist" in got[ids[4]].detail
    assert set(double.crm.writes.values()) == {1}


def test_an_option_that_was_removed_is_told(prepared):
    _, made, ids = prepared(3)
    got = list(made.push([Row(each, {"crm_ext_stage": "no such stage"}) for each in ids]))
    assert {each.outcome for each in got} == {Outcome.PERMANENT}
    assert all("field: cCrmExtStage, type: valid" in each.detail for each in got)


def test_without_the_right_to_mass_updates_each_goes_alone(prepared):
    double, made, ids = prepared(6)
    double.mass_update = "no"
    rows = [*same(ids[:3]), *[Row(each, valued(TAGS, 2)) for each in ids[3:]]]
    assert set(outcomes(made.push(rows)).values()) == {Outcome.OK}
    assert set(double.crm.writes.values()) == {1}


def test_what_the_role_drops_in_silence_is_noticed(prepared):
    """By itself, an answer shows it; together, one contact is looked at, once."""
    double, made, ids = prepared(4)
    double.barred["Contact"] = {"cCrmExtStage"}
    for rows in (different(ids[:1]), same(ids)):
        got = list(made.push(rows))
        assert {each.outcome for each in got} == {Outcome.PERMANENT}
        assert "crm_ext_stage" in got[0].detail
    double.barred["Contact"] = set()
    double.calls.clear()
    for _ in range(2):
        assert {each.outcome for each in made.push(same(ids))} == {Outcome.OK}
    assert double.calls["GET /api/v1/Contact"] == 1


def test_no_right_to_edit_stops_the_run(prepared):
    double, made, ids = prepared(2)
    double.rights["Contact"] = {**double.rights["Contact"], "edit": "no"}
    with pytest.raises(NeedsAttention, match="No edit access"):
        list(made.push(different(ids)))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match=MASS, reset=True, handled=True, times=1),
        Fault(match=MASS, reset=True, times=1),
        Fault(match=MASS, status=502, times=2),
        Fault(match=MASS, rewrite=lambda body: b"<html>", times=1),
        Fault(match=PUT, reset=True, handled=True, every=2),
        Fault(match=PUT, status=503, every=2, handled=True),
        Fault(match=PUT, rewrite=lambda body: body[:40], every=3),
    ],
)
def test_lost_answers_write_nobody_twice(prepared, fault):
    double, made, ids = prepared(20)
    with double.faults.inject(fault) as injected:
        got = outcomes(made.push([*same(ids[:10]), *different(ids[10:])]))
    assert injected.hits
    assert set(got.values()) == {Outcome.OK}
    assert double.crm.writes == dict.fromkeys(ids, 1)


def test_values_read_as_they_were_written(prepared):
    double, made, ids = prepared(1)
    double.crm.change(
        "Contact",
        ids[0],
        {
            "cCrmExtTrustLevel": 14,
            "cCrmExtAlerts": ["regression", "complaint"],
            "cCrmExtAsOf": "2026-06-30",
            "cCrmExtStage": "",
            "cCrmExtReasons": None,
            "cCrmExtAvoid": [],
        },
    )
    assert made.read_tags(ids)[ids[0]] == {
        "crm_ext_trust_level": "14.0",
        "crm_ext_alerts": "complaint;regression",
        "crm_ext_as_of": "2026-06-30",
    }
