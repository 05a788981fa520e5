"""Our properties: made once and repaired; written by hundreds, each row with its own result."""

from __future__ import annotations

import time

import pytest

from crm_ext.connector_api import Finding, Level, Outcome, RetryLater, Row, Stream
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.faults import Fault, Faults
from tests.doubles.hubspot_seed import seeded

pytestmark = pytest.mark.usefixtures("quick")


def faulty(account, contacts=250, **options):
    layers = []

    def wrap(app):
        layers.append(Faults(app))
        return layers[0]

    double, connector = account(portal=seeded(contacts), wrap=wrap, **options)
    connector().prepare(TAGS)
    return double, connector(), layers[0]


def rows_of(double, turn=0):
    return [
        Row(str(each.id), valued(TAGS, number + turn)) for number, each in enumerate(double.portal.alive("contacts"))
    ]


def outcomes(results):
    return {each.id: each.outcome for each in results}


def test_properties_stand_in_our_own_group_with_their_options(account):
    double, connector = account(1)
    assert {each.level for each in connector().prepare(TAGS)} == {Level.PASS}
    there = double.portal.properties["contacts"]
    assert list(double.portal.groups["contacts"]) == ["crm_ext"]
    for tag in TAGS:
        made = there[tag.name]
        assert (made["groupName"], [each["value"] for each in made["options"]]) == (
            "crm_ext",
            [value for value, _ in tag.options],
        )


def test_what_is_missing_is_repaired_and_what_others_added_stays(account):
    double, connector = account(1)
    connector().prepare(TAGS)
    there = double.portal.properties["contacts"]
    there["crm_ext_stage"]["options"] = [{"value": "theirs", "label": "Theirs", "hidden": False, "displayOrder": 0}]
    there["crm_ext_class"]["archived"] = True
    told = {each.name: each for each in connector().prepare(TAGS)}
    assert told["crm_ext_class"].detail == "made"
    values = [each["value"] for each in there["crm_ext_stage"]["options"]]
    assert values == ["theirs", *(value for value, _ in TAGS[0].options)]
    assert [each["displayOrder"] for each in there["crm_ext_stage"]["options"]] == list(range(len(values)))


def test_an_archived_name_that_hubspot_does_not_revive_is_told_with_the_fix(account):
    double, connector = account(1)
    connector().prepare(TAGS)
    double.portal.revives = False
    double.portal.properties["contacts"]["crm_ext_class"]["archived"] = True
    (failed,) = [each for each in connector().prepare(TAGS) if each.level is Level.FAIL]
    assert failed.name == "crm_ext_class"
    assert "already exists" in failed.detail
    assert "Archived properties" in failed.fix


def test_a_foreign_property_of_our_name_is_told_and_left_alone(account):
    double, connector = account(1)
    theirs = {"name": "crm_ext_stage", "type": "string", "archived": False, "label": "x", "groupName": "g"}
    double.portal.properties["contacts"]["crm_ext_stage"] = dict(theirs)
    (failed,) = [each for each in connector().prepare(TAGS) if each.level is Level.FAIL]
    assert (failed.name, "of type string" in failed.detail) == ("crm_ext_stage", True)
    assert double.portal.properties["contacts"]["crm_ext_stage"] == theirs


def test_clearing_archives_ours_and_nothing_else(account):
    double, connector = account(1)
    connector().prepare(TAGS)
    before = {name for name, each in double.portal.properties["contacts"].items() if not each["archived"]}
    assert {each.level for each in connector().clear(TAGS)} == {Level.PASS}
    after = {name for name, each in double.portal.properties["contacts"].items() if not each["archived"]}
    assert before - after == {tag.name for tag in TAGS}
    assert double.portal.groups["contacts"] == {}
    assert connector().clear(TAGS) == [Finding("group crm_ext", Level.PASS, "was not there")]


def test_every_kind_of_refusal_hits_its_own_row(account):
    double, connector, _ = faulty(account)
    rows = rows_of(double)
    portal, ids = double.portal, [row.id for row in rows]
    portal.refused |= {int(ids[3]), int(ids[150])}
    portal.locked.add(int(ids[10]))
    portal.archive("contacts", int(ids[20]))
    portal.merge("contacts", int(ids[40]), int(ids[201]))
    rows[60] = Row(ids[60], {"crm_ext_stage": "no such stage"})
    got = {each.id: each for each in connector.push(iter([*rows, Row("987654321", rows[0].values)]))}
    assert len(got) == len(rows) + 1
    special = {
        ids[3]: Outcome.PERMANENT,
        ids[150]: Outcome.PERMANENT,
        ids[60]: Outcome.PERMANENT,
        ids[10]: Outcome.PERMANENT,
        ids[20]: Outcome.GONE,
        ids[201]: Outcome.GONE,
        "987654321": Outcome.GONE,
    }
    assert {name: got[name].outcome for name in special} == special
    assert {each.outcome for name, each in got.items() if name not in special} == {Outcome.OK}
    assert "MISSING_CONDITIONAL_REQUIRED_PROPERTY" in got[ids[3]].detail
    assert "not one of the allowed options" in got[ids[60]].detail
    assert ids[40] in got[ids[201]].detail
    assert set(portal.writes.values()) <= {1, 2}
    assert portal.writes[ids[41]] == 1


@pytest.mark.parametrize(
    ("status", "body", "after"),
    [
        (423, b'{"message": "locked", "category": "RESOURCE_LOCKED"}', {}),
        (477, b'{"message": "The account is being migrated"}', {"Retry-After": "1"}),
        (429, b'{"message": "limit", "policyName": "TEN_SECONDLY_ROLLING"}', {}),
    ],
)
def test_what_passes_is_waited_for(account, status, body, after):
    double, connector, net = faulty(account, 120)
    rows = rows_of(double)
    fault = Fault(match="batch/update", status=status, headers=after, body=body, times=1)
    started = time.monotonic()
    with net.inject(fault) as injected:
        assert set(outcomes(connector.push(iter(rows))).values()) == {Outcome.OK}
    assert injected.hits == 1
    assert time.monotonic() - started >= float(after.get("Retry-After", 0))
    assert set(double.portal.writes.values()) == {1}


def test_a_day_that_is_spent_ends_the_run_at_once(account):
    _, connector, net = faulty(account, 20)
    spent = Fault(match="contacts", status=429, body=b'{"message": "Daily limit", "policyName": "DAILY"}')
    with net.inject(spent) as injected, pytest.raises(RetryLater, match="DAILY") as error:
        list(connector.pull(connector.parts(Stream.CONTACTS, None)[0], None))
    assert injected.hits == 1
    assert error.value.after > 600


def test_a_migration_that_takes_hours_ends_the_run_at_once(account):
    _, connector, net = faulty(account, 20)
    moving = Fault(match="contacts", status=477, headers={"Retry-After": "86400"}, body=b'{"message": "migration"}')
    with net.inject(moving), pytest.raises(RetryLater) as error:
        list(connector.pull(connector.parts(Stream.CONTACTS, None)[0], None))
    assert error.value.after == 86400


def test_numbers_dates_and_choices_read_as_they_were_written(account):
    double, connector, _ = faulty(account, 1)
    (contact,) = double.portal.alive("contacts")
    double.portal.change(
        "contacts",
        contact.id,
        {"crm_ext_trust_level": "14", "crm_ext_alerts": "regression;complaint", "crm_ext_as_of": "1782777600000"},
    )
    read = connector.read_tags([str(contact.id)])[str(contact.id)]
    assert read == {
        "crm_ext_trust_level": "14.0",
        "crm_ext_alerts": "complaint;regression",
        "crm_ext_as_of": "2026-06-30",
    }
