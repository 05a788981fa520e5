from __future__ import annotations

import re
from html import unescape

import pytest

from crm_ext.store import db
from crm_ext.store.models import ContactRow, UserRow
from crm_ext.store.queries import contacts as book
from tests import factories

NAMES = {"Clara Winslow", "Tomás Rivas", "陈思远", "Greta Lindqvist", "Elif Demir", "Walter Kern"}
MIAS = {"Clara Winslow", "Tomás Rivas", "陈思远"}
LINK = re.compile(r'class="row-link" href="[^"]+">([^<]+)<')


def listed(visitor, query: str = "") -> list[str]:
    answer = visitor.get(f"/contacts/{query}")
    assert answer.status_code == 200
    return [unescape(name) for name in LINK.findall(answer.text)]


@pytest.fixture
def sample(app):
    return factories.sample()


@pytest.fixture
def admin(sample, signed_in):
    return signed_in("admin")


def test_everybody_is_there_the_most_trusted_first(admin):
    levels = {row.name: row.trust_level for row in db.session.scalars(db.select(ContactRow))}
    names = listed(admin)
    assert set(names) == NAMES
    assert [levels[name] for name in names] == sorted(levels.values(), reverse=True)
    assert listed(admin, "?sort=trust") == names[::-1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=wins", {"Clara Winslow"}),
        ("?q=WINS", {"Clara Winslow"}),
        ("?q=思远", {"陈思远"}),
        ("?q=海港", {"陈思远"}),
        ("?q=Rivas Work", {"Tomás Rivas"}),
        ("?q=c-4@example", {"Greta Lindqvist"}),
        ("?q=c-5", {"Elif Demir"}),
        ("?q=%25", set()),
        ("?q=_", set()),
        ("?q='; drop table contacts; --", set()),
        ("?stage=unknown", {"Elif Demir"}),
        ("?alert=complaint", {"Greta Lindqvist"}),
        ("?alert=any&q=greta", {"Greta Lindqvist"}),
        ("?alert=plaint", set()),
        ("?owner=rep@example.com", MIAS),
        ("?owner=nobody@example.com", set()),
        ("?connection=1", NAMES),
        ("?connection=2", set()),
        ("?stage=nine&band=huge&sort=name&connection=x&page=-3", NAMES),
    ],
)
def test_search_and_filters(admin, query, found):
    assert set(listed(admin, query)) == found


def test_stages_and_bands_divide_the_book(admin):
    by_stage = [name for stage in ("0", "1", "2", "3", "4", "unknown") for name in listed(admin, f"?stage={stage}")]
    by_band = [name for band in ("low", "medium", "high", "very_high") for name in listed(admin, f"?band={band}")]
    assert sorted(by_stage) == sorted(by_band) == sorted(NAMES)


def test_nobody_found_is_said(admin):
    assert "Nobody found" in admin.get("/contacts/?q=nobody-like-this").text


def test_unjudged_contacts_are_found_by_name_and_under_waiting(admin):
    row = db.session.scalar(db.select(ContactRow).where(ContactRow.name == "Elif Demir"))
    row.stage = row.trust_level = row.band = None
    db.session.commit()
    assert "Elif Demir" not in listed(admin)
    assert listed(admin, "?stage=waiting") == listed(admin, "?q=elif") == ["Elif Demir"]


def test_pages_follow_one_another_without_gap_or_double(admin, monkeypatch):
    monkeypatch.setattr(book, "PAGE", 4)
    first, second = listed(admin), listed(admin, "?page=2")
    assert (len(first), len(second)) == (4, 2)
    assert {*first, *second} == NAMES
    assert 'rel="next"' in admin.get("/contacts/").text
    assert 'rel="next"' not in admin.get("/contacts/?page=2").text


def test_a_rep_sees_own_contacts_only(sample, signed_in):
    rep = signed_in("rep")
    assert set(listed(rep)) == MIAS
    assert set(listed(rep, "?owner=jonas@example.com")) == MIAS
    assert listed(rep, "?q=greta") == []
    assert listed(rep, "?alert=complaint") == []
    assert rep.get("/contacts/1/c-1").status_code == 200
    assert "3 contacts" in rep.get("/").text


def test_another_reps_contact_and_none_at_all_look_alike(sample, signed_in):
    rep = signed_in("rep")
    theirs, nobodys = rep.get("/contacts/1/c-4"), rep.get("/contacts/1/not-there")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text == nobodys.text


def test_ownership_is_matched_by_email_whatever_its_case(sample, signed_in):
    user = db.session.scalar(db.select(UserRow).where(UserRow.email == "rep@example.com"))
    user.email = "Rep@Example.COM"
    db.session.commit()
    assert set(listed(signed_in("rep"))) == MIAS


def test_somebody_whom_the_crm_does_not_know_sees_nobody(sample, signed_in):
    visitor = signed_in("editor")
    assert listed(visitor) == []
    assert "No contacts of yours yet" in visitor.get("/").text
