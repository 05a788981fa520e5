"""Our values: made once and repaired, written together, one result a row, as fields or as tags."""

from __future__ import annotations

import pytest

from crm_ext.connector_api import Level, NeedsAttention, Outcome, Row, Stream
from crm_ext.connector_api.testing import TAGS, Fault, valued
from crm_ext.connector_api.testing.pulling import pulled_all

pytestmark = pytest.mark.usefixtures("quick")
ROWS = r"res.partner.*(write|load)"
MAKES = r"ir.model.fields.*create|res.partner.category.*create"
CHOICES = tuple(tag for tag in TAGS if tag.options)


@pytest.fixture(params=[18, 19])
def prepared(request, site):
    def make(contacts=10, **options):
        double, connector = site(contacts, request.param, **options)
        connector().prepare(TAGS)
        ids = list(pulled_all(connector, (Stream.CONTACTS,))[Stream.CONTACTS].records)
        double.calls.clear()
        double.writes.clear()
        return double, connector(), ids

    return make


def same(ids, tags=TAGS):
    return [Row(each, valued(tags, 1)) for each in ids]


def different(ids):
    return [Row(each, valued(TAGS, turn)) for turn, each in enumerate(ids)]


def outcomes(results):
    return {each.id: each.outcome for each in results}


def once(double, ids):
    return {each: double.writes[each].total() for each in ids if each in double.writes} == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("serie", [18, 19])
@pytest.mark.parametrize("how", ["fields", "tags"])
def test_what_is_ours_is_made_once_and_what_is_missing_repaired(site, serie, how):
    double, connector = site(2, serie, settings={"write_as": how})
    assert {each.level for each in connector().prepare(TAGS)} == {Level.PASS}
    made, described = dict(double.calls), {each: dict(row) for each, row in double.db.models["res.partner"].items()}
    assert {each.level for each in connector().prepare(TAGS)} == {Level.PASS}
    assert [each for each in double.calls if "create" in each and double.calls[each] != made[each]] == []
    if how == "fields":
        described["x_crm_ext_stage"]["selection"] = [["trust", "renamed by an admin"]]
        double.db.models["res.partner"] = {name: each for name, each in described.items() if name != "x_crm_ext_class"}
        assert "options added" in {each.name: each.detail for each in connector().prepare(TAGS)}["crm_ext_stage"]
        repaired = double.db.models["res.partner"]
        assert repaired["x_crm_ext_stage"]["selection"][0] == ["trust", "renamed by an admin"]
        assert len(repaired["x_crm_ext_stage"]["selection"]) == len(dict(TAGS[0].options))
        assert repaired["x_crm_ext_class"]["type"] == "selection"
    else:
        tags = double.db.rows["res.partner.category"]
        gone, hidden, *_ = [each for each, row in tags.items() if row["name"].startswith("crm_ext_")]
        name = tags[gone]["name"]
        double.db.unlink("res.partner.category", [gone])
        tags[hidden]["active"] = False
        assert [each.detail[:21] for each in connector().prepare(TAGS)] == ["under crm_ext: 2 made"]
        assert [row["name"] for row in tags.values()].count(name) == 1
        assert tags[hidden]["active"]


def test_answers_that_get_lost_make_nothing_twice(site):
    for how in ("fields", "tags"):
        double, connector = site(2, settings={"write_as": how})
        with double.faults.inject(Fault(match=MAKES, reset=True, handled=True, times=1)) as injected:
            assert {each.level for each in connector().prepare(TAGS)} == {Level.PASS}
        assert injected.hits == 1
        names = [row["name"] for row in double.db.rows["res.partner.category"].values()]
        assert len(names) == len(set(names))


def test_a_salespersons_key_is_told_each_field_exactly_and_uses_tags(site):
    double, connector = site(2, admin=False)
    found = {each.name: each for each in connector().prepare(TAGS)}
    assert (found["fields"].level, found["tags"].level) == (Level.WARN, Level.PASS)
    assert "You are not allowed to" in found["fields"].detail
    assert "x_crm_ext_stage (selection: unknown, " in found["fields"].fix
    assert "x_crm_ext_reasons (text)" in found["fields"].fix
    groups = [row for row in double.db.rows["res.partner.category"].values() if not row.get("parent_id")]
    assert [each["name"] for each in groups] == ["crm_ext"]


def test_fields_that_an_admin_made_are_filled_by_a_salesperson(prepared):
    double, made, ids = prepared(4)
    double.admin = False
    assert {each.level for each in made.prepare(TAGS)} == {Level.PASS}
    assert set(outcomes(made.push(different(ids))).values()) == {Outcome.OK}
    assert made.read_tags(ids) == {row.id: row.values for row in different(ids)}


def test_a_foreign_field_of_our_name_is_told_and_left_alone(prepared):
    double, made, _ = prepared(1)
    theirs = {"type": "integer"}
    double.db.models["res.partner"]["x_crm_ext_trust_level"] = theirs
    (told,) = [each for each in made.prepare(TAGS) if each.level is Level.FAIL]
    assert (told.name, told.detail) == ("crm_ext_trust_level", "it is of type integer, not float")
    assert double.db.models["res.partner"]["x_crm_ext_trust_level"] == theirs


@pytest.mark.parametrize("rows", [same, different])
def test_a_bad_row_is_found_and_the_others_are_written(prepared, rows):
    double, made, ids = prepared(40)
    locked, gone = ids[7], ids[20]
    double.refused = {int(locked)}
    double.db.unlink("res.partner", [int(gone)])
    got = {each.id: each for each in made.push(rows([*ids, "999999", "no number"]))}
    special = {locked: Outcome.PERMANENT, gone: Outcome.GONE, "999999": Outcome.GONE, "no number": Outcome.GONE}
    assert {each: got[each].outcome for each in special} == special
    assert {each.outcome for each in got.values() if each.id not in special} == {Outcome.OK}
    assert got[locked].detail
    assert once(double, [each for each in ids if each not in special])


def test_deleted_contacts_cost_three_calls_and_not_a_search(prepared):
    double, made, ids = prepared(200)
    gone = [int(each) for each in ids[::50]]
    double.db.unlink("res.partner", gone)
    got = outcomes(made.push(same(ids)))
    assert [each for each, outcome in got.items() if outcome is Outcome.GONE] == [str(each) for each in gone]
    assert double.calls["res.partner.write"] == 2
    assert double.calls["res.partner.search_read"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match=ROWS, reset=True, handled=True, times=1),
        Fault(match=ROWS, reset=True, times=2),
        Fault(match=ROWS, status=502, handled=True, times=2),
        Fault(match=ROWS, rewrite=lambda body: body[: len(body) // 2], times=1),
        Fault(match=ROWS, rewrite=lambda body: b"<html>", times=1),
        Fault(match=ROWS, rewrite=lambda body: b"", times=1),
    ],
)
@pytest.mark.parametrize("rows", [same, different])
def test_lost_answers_write_nobody_twice(prepared, fault, rows):
    double, made, ids = prepared(20)
    with double.faults.inject(fault) as injected:
        got = outcomes(made.push(rows(ids)))
    assert injected.hits
    assert set(got.values()) == {Outcome.OK}
    assert once(double, ids)


def test_only_our_tags_are_put_on_and_taken_off(site):
    """Also tags that a person set after the pull, and one of another person's that is called like ours."""
    double, connector = site(3, admin=False)
    connector().prepare(CHOICES)
    ids = list(pulled_all(connector, (Stream.CONTACTS,))[Stream.CONTACTS].records)
    theirs = double.db.create(
        "res.partner.category",
        [{"name": "VIP"}, {"name": "crm_ext_stage: trust"}],
        double.db.rows["res.partner"][int(ids[0])]["write_date"],
    )
    made = connector()
    for turn in (0, 1):
        for each in ids:
            row = double.db.rows["res.partner"][int(each)]
            row["category_id"] = [*(row.get("category_id") or ()), *theirs] if not turn else row["category_id"]
        assert set(outcomes(made.push([Row(each, valued(CHOICES, turn)) for each in ids])).values()) == {Outcome.OK}
        assert made.read_tags(ids) == dict.fromkeys(ids, valued(CHOICES, turn))
    for each in ids:
        assert set(theirs) <= set(double.db.rows["res.partner"][int(each)]["category_id"])


def test_an_option_that_was_removed_is_told(prepared):
    double, made, ids = prepared(2)
    for rows in (same(ids), different(ids)):
        bad = [Row(row.id, {**row.values, "crm_ext_stage": "no such stage"}) for row in rows]
        got = list(made.push(bad))
        assert {each.outcome for each in got} == {Outcome.PERMANENT}
        assert all("x_crm_ext_stage" in each.detail or "no such stage" in each.detail for each in got)
    assert not double.writes


def test_fields_that_somebody_deleted_stop_the_run(prepared):
    double, made, ids = prepared(3)
    assert set(outcomes(made.push(same(ids))).values()) == {Outcome.OK}
    del double.db.models["res.partner"]["x_crm_ext_stage"]
    with pytest.raises(NeedsAttention, match="Fields of ours are gone"):
        list(made.push(different(ids)))


def test_no_right_to_write_stops_the_run(prepared):
    double, made, ids = prepared(3)
    double.read_only = True
    with pytest.raises(NeedsAttention, match="may not be written"):
        list(made.push(same(ids)))


def test_what_is_ours_can_be_taken_away_and_what_a_view_shows_is_told(prepared):
    double, made, ids = prepared(2)
    list(made.push(same(ids)))
    double.shown_in_views = {"x_crm_ext_stage"}
    told = {each.name: each for each in made.clear(TAGS)}
    assert told["fields"].level is Level.WARN
    assert "still present in views" in told["fields"].detail
    double.shown_in_views = set()
    assert {each.level for each in made.clear(TAGS)} == {Level.PASS}
    assert [each for each in double.db.models["res.partner"] if each.startswith("x_crm_ext")] == []
    assert {each.level for each in made.clear(TAGS)} == {Level.PASS}
