"""What programs read: lists a page at a time, one thing whole, and only what is theirs to see."""

from __future__ import annotations

import pytest

from crm_ext.store import db
from crm_ext.store.models import Connection
from tests import factories


@pytest.fixture
def book(app):
    made = factories.sample()
    factories.run(db.session.get(Connection, 1))
    return made


def walked(program, path):
    """The items of all pages, and how many pages there were."""
    items, after, pages = [], "", 0
    while after is not None:
        page = program.get(f"{path}limit=2&after={after}").json
        items, after, pages = items + page["items"], page["next"], pages + 1
    return items, pages


@pytest.mark.parametrize("sort", ["id", "trust", "-trust"])
@pytest.mark.parametrize("stage", ["any", "1"])
def test_every_contact_comes_once_and_in_order(book, program, sort, stage):
    items, pages = walked(program(), f"/contacts?sort={sort}&stage={stage}&")
    ids = [each["external_id"] for each in items]
    levels = [each["trust_level"] for each in items]
    assert (len(ids), pages) == ((6, 3) if stage == "any" else (2, 1))
    if sort == "id":
        assert ids == sorted(ids)
    else:
        assert levels == sorted(levels, reverse=sort == "-trust")
    assert len(set(ids)) == len(ids)


def test_contacts_are_found_by_what_is_known_of_them(book, program):
    admin = program()
    found = {
        query: [each["external_id"] for each in admin.get(f"/contacts?{query}").json["items"]]
        for query in ("q=Rivas", "alert=complaint", "owner=jonas@example.com&band=low", "stage=waiting")
    }
    assert found == {
        "q=Rivas": ["c-2"],
        "alert=complaint": ["c-4"],
        "owner=jonas@example.com&band=low": ["c-4", "c-5", "c-6"],
        "stage=waiting": [],
    }


def test_one_contact_with_all_that_is_known_of_it(book, program):
    told = program().get("/contacts/1/c-1").json
    assert told["annotation"]["stage"] == 3
    assert told["annotation"]["value"]["class"] is None
    assert sum(line["weight"] for line in told["annotation"]["evidence"]) == pytest.approx(
        told["annotation"]["trust"]["level"], abs=0.05
    )
    assert {"reasons", "tags", "overrides", "history", "trace"} <= told.keys()


def test_reps_see_their_own_contacts_only(book, program):
    rep = program("rep")
    assert [each["external_id"] for each in rep.get("/contacts").json["items"]] == ["c-1", "c-2", "c-3"]
    assert [each["external_id"] for each in rep.get("/contacts?owner=jonas@example.com").json["items"]] == [
        "c-1",
        "c-2",
        "c-3",
    ]
    assert rep.get("/contacts?q=Lindqvist").json["items"] == []
    assert rep.get("/book").json["total"] == 3
    assert {each["name"] for each in rep.get("/companies").json["items"]} == {
        "Harbour Mills",
        "Rivas Workshop",
        "海港机械",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/contacts/1/c-4"),
        ("POST", "/contacts/1/c-4/overrides"),
        ("DELETE", "/contacts/1/c-4/overrides"),
        ("GET", "/companies/1/f-Nordlicht~20Papier"),
        ("GET", "/contacts/1/c-4/diagnosis?question=loss"),
    ],
)
def test_what_belongs_to_somebody_else_is_not_there(book, program, method, path):
    body = {"json": {"stage": "trust", "reason": "because"}} if method == "POST" else {}
    assert program("rep").send(method, path, **body).status_code == 404


def test_companies_and_runs_a_page_at_a_time(book, program):
    admin = program()
    items, pages = walked(admin, "/companies?")
    assert ([each["external_id"] for each in items], pages) == (sorted(each["external_id"] for each in items), 3)
    assert [each["run"] for each in admin.get("/runs").json["items"]] == [1]
    assert admin.get("/runs?connection=2").json["items"] == []


@pytest.mark.parametrize("path", ["/contacts", "/companies", "/runs", "/users"])
@pytest.mark.parametrize("after", ["nonsense", "WzEsMl0", "99999999999999999999", "%00", "é"])
def test_a_place_that_is_none_is_said_to_be_none(book, program, path, after):
    answer = program().get(f"{path}?after={after}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_questions_about_a_contact_and_a_company_are_answered(book, program):
    admin = program()
    assert admin.get("/contacts/1/c-2/diagnosis?question=no_purchase").json["answer"]
    assert admin.get("/diagnoses/1/f-Harbour~20Mills").json["answer"]
    assert admin.post("/desk/check", {"text": "That is not our fault."}).json["reply"]
    assert admin.get("/playbook").json["items"][0]["active"]
