"""What is Tryton's own: sessions, rights, notes that cannot be changed, look-back, and a reader that is not ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.tryton import Tryton
from crm_ext.connector_api import (
    FieldMap,
    Level,
    NeedsAttention,
    Outcome,
    RetryLater,
    Row,
    Stream,
    http,
    validated,
)
from crm_ext.connector_api.testing import TAGS, Fault, pull, valued
from tests.connectors.tryton import trytond
from tests.connectors.tryton.backends import Backend, Doubled, Real
from tests.connectors.tryton.known import LIN, NORA, PAUL, WORKS
from tests.connectors.tryton.rpc import Client

SETTINGS = {"database": "crm", "login": "admin", "password": trytond.PASSWORD}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)


@pytest.fixture
def double(double_tryton: Doubled) -> Doubled:
    double_tryton.net.clear()
    double_tryton.reset()
    return double_tryton


@pytest.fixture
def real(real_tryton: Real) -> Iterator[Real]:
    real_tryton.net.clear()
    real_tryton.reset()
    yield real_tryton
    real_tryton.reset()


@pytest.fixture
def either(request: pytest.FixtureRequest) -> Backend:
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize("either", ["double", "real"], indirect=True)


def connected(backend: Backend, **settings: Any) -> Tryton:
    return Tryton(validated(Tryton.settings, {"base_url": backend.base_url, **SETTINGS, **settings}))


def rows(*ids: int, turn: int = 0) -> list[Row]:
    return [Row(str(each), valued(TAGS, turn)) for each in ids]


def calls(backend: Doubled, name: str) -> int:
    return backend.double.calls[f"model.{name}"]


# Reading.


@both
def test_a_run_without_changes_takes_few_requests_whatever_the_size(either: Backend):
    for size in (2, 500):
        marks = {each: pull(connected(either, page_size=size), each).since for each in Stream if each != Stream.CASES}
        connector = connected(either, page_size=size)
        changes = [pull(connector, stream, mark).records for stream, mark in marks.items() if stream != Stream.USERS]
        assert changes == [{}, {}, {}, {}]
        assert connector.requests <= 14


@both
def test_a_change_of_the_last_moment_is_read_once_more(either: Backend):
    mark = pull(connected(either), Stream.CONTACTS).since
    Client(either.base_url)("party.party.write", [PAUL], {"name": "Paul Ekstrom"})
    first = pull(connected(either), Stream.CONTACTS, mark)
    assert first.records.keys() == {str(PAUL)}
    assert pull(connected(either), Stream.CONTACTS, first.since).records.keys() == {str(PAUL)}
    settled = pull(connected(either, look_back=0), Stream.CONTACTS, mark)
    assert pull(connected(either), Stream.CONTACTS, {**settled.since}).records.keys() <= {str(PAUL)}


@both
def test_who_gets_an_employee_becomes_a_company(either: Backend):
    marks = {each: pull(connected(either), each).since for each in (Stream.CONTACTS, Stream.COMPANIES)}
    Client(either.base_url)("party.relation.all.create", [{"from_": LIN, "to": PAUL, "type": 1}])
    contacts = pull(connected(either), Stream.CONTACTS, marks[Stream.CONTACTS])
    companies = pull(connected(either), Stream.COMPANIES, marks[Stream.COMPANIES])
    assert contacts.records[str(LIN)].company_id == str(PAUL)
    assert contacts.deleted == {str(PAUL)}
    assert companies.records.keys() == {str(PAUL)}


def test_without_employments_every_party_is_a_contact(double: Doubled):
    connector = connected(double, employments="")
    assert pull(connector, Stream.CONTACTS).records.keys() == {"1", "2", "3", "4", "5", "6"}
    assert pull(connector, Stream.COMPANIES).records == {}
    assert connector.lookups.employment == []


def test_a_mapping_fills_what_tryton_has_no_field_for(double: Doubled):
    mapping = FieldMap(
        fields={Stream.CONTACTS: {"title": "code"}, Stream.DEALS: {"stage": "state"}},
        values={Stream.DEALS: {"stage": {"opportunity": "offer sent"}}},
    )
    connector = connected(double)
    connector.context = type(connector.context)(mapping=mapping)
    assert pull(connector, Stream.CONTACTS).records[str(NORA)].title == "P-3"
    assert pull(connector, Stream.DEALS).records["1"].stage == "offer sent"
    assert pull(connector, Stream.DEALS).records["2"].stage == "won"


def test_a_database_without_opportunities_has_no_deals(double: Doubled):
    del double.double.tables["sale.opportunity"]
    assert pull(connected(double), Stream.DEALS).records == {}
    found = {each.name: each for each in connected(double).check()}
    assert found["read sale.opportunity"].level is Level.WARN
    assert "Activate the module" in found["read sale.opportunity"].fix


# Sessions.


def test_a_session_that_ends_in_the_middle_is_begun_again(double: Doubled):
    connector = connected(double, page_size=2)
    pages = connector.pull(connector.parts(Stream.CONTACTS, None)[0], None)
    next(pages)
    double.double.tokens.clear()
    assert len(list(pages)) > 2
    assert double.double.calls["common.db.login"] == 2


def test_too_many_failed_sign_ins_end_the_call_with_the_fix(double: Doubled):
    double.double.failed_sign_ins = 99
    with pytest.raises(RetryLater, match="old password") as told:
        pull(connected(double), Stream.CONTACTS)
    assert told.value.after == 300.0
    assert double.double.calls["common.db.login"] == 1


@both
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"login": "nobody"}, "refuses the sign-in of 'nobody'"),
        ({"database": "no_such"}, "was answered with 404"),
        ({"base_url": "http://127.0.0.1:9"}, "could not be reached"),
    ],
)
def test_a_connection_that_cannot_work_is_found_by_check(settings, said, either: Backend):
    found = connected(either, **settings).check()
    assert found[-1].level is Level.FAIL
    assert said in found[-1].detail
    assert found[-1].fix


# Writing.


def test_the_same_values_are_one_write(double: Doubled):
    connector = connected(double)
    connector.prepare(TAGS)
    results = list(connector.push(rows(NORA, LIN, PAUL)))
    assert [each.outcome for each in results] == [Outcome.OK] * 3
    assert calls(double, "party.party.write") == 1
    assert calls(double, "ir.note.create") == 1
    assert double.double.writes[str(NORA)] == {"categories": 1, "note": 1}


def test_what_stands_is_not_written_again(double: Doubled):
    connector = connected(double)
    connector.prepare(TAGS)
    for _ in range(2):
        assert [each.outcome for each in connector.push(rows(NORA))] == [Outcome.OK]
    assert double.double.writes[str(NORA)] == {"categories": 1, "note": 1}


@pytest.mark.parametrize("call", ["party.party.write", "ir.note.create", "ir.note.delete"])
def test_a_lost_answer_repeats_no_write(call: str, double: Doubled):
    connector = connected(double)
    connector.prepare(TAGS)
    list(connector.push(rows(NORA)))
    with double.net.inject(Fault(match=f'"model.{call}"', reset=True, handled=True, times=1)) as fault:
        results = list(connector.push(rows(NORA, turn=1)))
    assert fault.hits == 1
    assert [each.outcome for each in results] == [Outcome.OK]
    assert double.double.writes[str(NORA)] == {"categories": 2, "note": 2, "note_removed": 1}
    assert len(double.double.state()[str(NORA)]["notes"]) == 1


def test_an_archived_party_is_gone_and_the_others_are_written(double: Doubled):
    connector = connected(double)
    connector.prepare(TAGS)
    Client(double.base_url)("party.party.write", [LIN], {"active": False})
    results = {each.id: each for each in connector.push(rows(NORA, LIN, PAUL))}
    assert (results[str(LIN)].outcome, results[str(LIN)].detail) == (Outcome.GONE, "The party is archived.")
    assert {results[str(each)].outcome for each in (NORA, PAUL)} == {Outcome.OK}


def test_a_value_without_a_category_is_told_by_name(double: Doubled):
    connector = connected(double)
    connector.prepare(TAGS)
    (result,) = connector.push([Row(str(NORA), {"crm_ext_stage": "friendship"})])
    assert result.outcome is Outcome.PERMANENT
    assert "crm_ext_stage: friendship" in result.detail


def test_pushing_before_preparing_says_what_to_do(double: Doubled):
    with pytest.raises(NeedsAttention, match="connection prepare"):
        list(connected(double).push(rows(NORA)))


@both
def test_clearing_takes_our_categories_away_and_nobody_elses(either: Backend):
    connector, rpc = connected(either), Client(either.base_url)
    mine = rpc("party.category.create", [{"name": "VIP"}])[0]
    before = rpc("party.category.search_count", [])
    connector.prepare(TAGS)
    ours = rpc("party.category.search_read", [["name", "=", "crm_ext"]], 0, 1, None, ["name"])[0]["id"]
    theirs = rpc("party.category.create", [{"name": "their own", "parent": ours}])[0]
    assert "1 of others'" in connector.clear(TAGS)[0].detail
    rpc("party.category.delete", [theirs])
    connector.clear(TAGS)
    assert rpc("party.category.search_count", []) == before
    assert rpc("party.category.read", [mine], ["name"]) == [{"id": mine, "name": "VIP"}]


# Rights, on the real server.


def test_a_user_without_rights_is_told_which_are_missing(real: Real):
    rpc = Client(real.upstream)
    low = rpc("res.user.create", [{"name": "Low", "login": "low", "password": "a long secret"}])
    rpc("res.user.write", low, {"companies": [["remove", [1]]], "company": None})
    connector = connected(real, login="low", password="a long secret")
    found = {each.name: each for each in connector.check()}
    assert found["signed in"].detail.startswith("Low")
    assert found["read sale.opportunity"].level is Level.FAIL
    assert "You are not allowed to access" in found["read sale.opportunity"].detail
    assert found["company"].level is Level.WARN
    assert found["write party.party"].level is Level.PASS
    assert (found["write party.category"].level, found["write party.category"].detail) == (
        Level.FAIL,
        "The user may not create.",
    )
    assert "Party Administration" in found["write party.category"].fix
    with pytest.raises(NeedsAttention, match="You are not allowed to access"):
        connector.prepare(TAGS)
    with pytest.raises(NeedsAttention, match="Give the user a group"):
        pull(connector, Stream.DEALS)


def test_a_reader_that_is_not_ours_sees_categories_and_note(real: Real):
    connector = connected(real)
    connector.prepare(TAGS)
    list(connector.push(rows(LIN, turn=3)))
    script = """
import json, sys
from proteus import Model, config
config.set_xmlrpc(sys.argv[1])
party = Model.get("party.party")(int(sys.argv[2]))
notes = Model.get("ir.note").find([("resource", "=", f"party.party,{party.id}")])
print(json.dumps([sorted(each.rec_name for each in party.categories), [each.message for each in notes]]))
"""
    address = real.upstream.replace("http://", f"http://admin:{trytond.PASSWORD}@") + "/crm/rpc/"
    command = [trytond.PYTHON, "-c", script, address, str(LIN)]
    read = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    values = valued(TAGS, 3)
    assert f"crm_ext / crm_ext_stage: {values['crm_ext_stage']}" in read[0]
    assert f"crm_ext / crm_ext_next_step: {values['crm_ext_next_step']}" in read[0]
    note = next(each for each in read[1] if each.startswith("[crm-ext]"))
    assert f"crm_ext_next_step: {values['crm_ext_next_step']}" in note
    for line in values["crm_ext_reasons"].splitlines():
        assert line in note


def test_links_lead_to_the_record(double: Doubled):
    link = connected(double, base_url="https://tryton.example.com/").link(Stream.CONTACTS, str(WORKS))
    assert link == f"https://tryton.example.com/#crm/model/party.party/{WORKS}"
