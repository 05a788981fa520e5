from __future__ import annotations

import pytest

from crm_ext.store import accounts, db
from tests import factories

EMAIL = "rep@example.com"


@pytest.fixture
def account(app):
    return factories.account("rep")


def test_a_stranger_is_led_to_the_door_and_from_there_to_where_they_wanted(visitor, account):
    answer = visitor.get("/contacts/?q=mill")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/contacts/?q%3Dmill")
    answer = visitor.post(answer.location, {"email": EMAIL, "password": factories.PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/contacts/?q=mill")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "javascript:alert(1)", "x"]
)
def test_nobody_is_sent_to_another_site(visitor, account, elsewhere):
    answer = visitor.post(f"/sign-in?next={elsewhere}", {"email": EMAIL, "password": factories.PASSWORD})
    assert answer.location == "/"


def test_a_wrong_password_is_met_with_a_sentence(visitor, account):
    answer = visitor.sign_in(EMAIL, "not this one")
    assert answer.status_code == 422
    assert "E-mail or password is not right." in answer.text
    assert visitor.get("/").status_code == 302


def test_the_session_ends_with_the_browser_unless_it_is_to_be_remembered(visitor, account):
    assert "Expires" not in visitor.sign_in(EMAIL).headers["Set-Cookie"]
    visitor.post("/sign-out", page="/")
    assert "Expires" in visitor.sign_in(EMAIL, remember="y").headers["Set-Cookie"]


def test_cookies_are_ours_by_name_and_out_of_reach_of_scripts(visitor, account):
    cookie = visitor.sign_in(EMAIL).headers["Set-Cookie"]
    assert cookie.startswith("crm_ext_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_signing_out_ends_the_session(visitor, account):
    visitor.sign_in(EMAIL)
    visitor.post("/sign-out", page="/")
    assert visitor.get("/").status_code == 302


def test_a_new_password_ends_other_sessions_and_keeps_this_one(app, visitor, account):
    other = type(visitor)(app.test_client())
    for each in (visitor, other):
        each.sign_in(EMAIL)
    answer = visitor.post("/password", {"current": factories.PASSWORD, "new": "a better one"}, page="/password")
    assert answer.status_code == 303
    assert visitor.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_the_old_password_must_be_known(visitor, account):
    visitor.sign_in(EMAIL)
    answer = visitor.post("/password", {"current": "guess work", "new": "a better one"}, page="/password")
    assert answer.status_code == 422
    assert accounts.authenticate(EMAIL, factories.PASSWORD)


@pytest.mark.parametrize("address", ["/sign-in", "/sign-out", "/language/zh", "/password"])
def test_a_form_from_elsewhere_is_refused(signed_in, address):
    answer = signed_in("rep").send("POST", address, data={"email": EMAIL, "password": factories.PASSWORD})
    assert answer.status_code == 400
    assert "This form is too old" in answer.text


def test_an_account_that_was_closed_is_out_at_once(visitor, account):
    visitor.sign_in(EMAIL)
    accounts.get(EMAIL).active = False
    db.session.commit()
    assert visitor.get("/").status_code == 302
