"""Accounts and the log, as administrators meet them."""

from __future__ import annotations

import re

import pytest

from crm_ext.store import accounts, audit, db, vault
from tests import factories

SHOWN = re.compile(r"<code>([^<]+)</code></p>")


@pytest.fixture
def admin(app, signed_in):
    return signed_in("admin")


def test_somebody_new_signs_in_with_the_password_that_was_shown_once(admin, visitor):
    page = admin.post("/people", {"email": "New@example.com", "name": "Nora", "role": "manager"}, page="/people")
    password = SHOWN.search(page.text)[1]
    assert password not in admin.get("/people").text
    assert visitor.sign_in("new@example.com", password).status_code == 303
    assert accounts.get("new@example.com").role == "manager"


@pytest.mark.parametrize(
    ("email", "role"), [("nobody", "rep"), ("admin@example.com", "rep"), ("a@example.com", "king")]
)
def test_what_cannot_be_made_is_said_and_stays_typed(admin, email, role):
    page = admin.post("/people", {"email": email, "role": role}, page="/people")
    assert page.status_code == 422
    assert f'value="{email}"' in page.text


def test_a_role_is_changed_but_never_that_of_the_last_administrator(admin):
    factories.account("rep")
    assert "is changed" in admin.post("/people/rep@example.com/role", {"role": "auditor"}, page="/people").text
    assert accounts.get("rep@example.com").role == "auditor"
    refused = admin.post("/people/admin@example.com/role", {"role": "rep"}, page="/people")
    assert (refused.status_code, accounts.get("admin@example.com").role) == (422, "admin")


def test_a_new_password_takes_the_place_of_the_old_one(admin, visitor):
    factories.account("rep")
    page = admin.post("/people/rep@example.com/password", page="/people")
    assert visitor.sign_in("rep@example.com").status_code == 422
    assert visitor.sign_in("rep@example.com", SHOWN.search(page.text)[1]).status_code == 303


def test_a_new_key_is_made(config, admin):
    vault.make_key_file(config)
    before = vault.keys(config)
    assert admin.post("/people/keys", page="/people").status_code == 200
    assert vault.keys(config)[1:] == before


def test_the_log_tells_who_did_what_and_whether_it_holds(admin):
    audit.record("mia", "contact.shown", "c-1", ["name"])
    db.session.commit()
    page = admin.get("/log?check=1").text
    assert "contact.shown" in page
    assert "Every line fits." in page
    assert "contact.shown" in admin.get("/log.csv").text
