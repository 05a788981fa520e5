from __future__ import annotations

from datetime import timedelta

import pytest

from crm_ext.errors import Conflict, NotFound
from crm_ext.store import accounts, db, now

EMAIL, PASSWORD = "mia@example.com", "a long enough one"


@pytest.fixture
def account(app):
    return accounts.create(EMAIL, PASSWORD, role="manager", name="Mia")


def fail(times: int) -> None:
    for _ in range(times):
        with pytest.raises(accounts.SignInRefused):
            accounts.authenticate(EMAIL, "something else")


def test_the_right_password_opens_whatever_the_case_of_the_email(account):
    assert accounts.authenticate(" Mia@Example.COM ", PASSWORD).id == account.id


def test_a_password_is_kept_as_an_argon2_hash(account):
    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash


def test_unknown_wrong_and_locked_sound_the_same(account):
    said = set()
    for email, password in ((EMAIL, "wrong one"), ("who@example.com", PASSWORD)):
        with pytest.raises(accounts.SignInRefused) as refused:
            accounts.authenticate(email, password)
        said.add(str(refused.value))
    fail(accounts.FAILURES_ALLOWED)
    with pytest.raises(accounts.SignInRefused) as refused:
        accounts.authenticate(EMAIL, PASSWORD)
    assert said == {str(refused.value)}


def test_a_lock_opens_again_with_time(account):
    fail(accounts.FAILURES_ALLOWED)
    assert account.locked_until > now() + accounts.LOCK - timedelta(minutes=1)
    account.locked_until = now() - timedelta(seconds=1)
    db.session.commit()
    assert accounts.authenticate(EMAIL, PASSWORD).failed_sign_ins == 0


def test_one_failure_less_locks_nobody(account):
    fail(accounts.FAILURES_ALLOWED - 1)
    assert accounts.authenticate(EMAIL, PASSWORD).id == account.id


def test_a_new_password_opens_a_locked_account_and_shuts_out_the_old_one(account):
    fail(accounts.FAILURES_ALLOWED)
    accounts.set_password(EMAIL, "another good one")
    assert accounts.authenticate(EMAIL, "another good one").id == account.id
    fail(1)
    with pytest.raises(accounts.SignInRefused):
        accounts.authenticate(EMAIL, PASSWORD)


def test_an_inactive_account_does_not_open(account):
    account.active = False
    db.session.commit()
    with pytest.raises(accounts.SignInRefused):
        accounts.authenticate(EMAIL, PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "role", "error"),
    [
        (EMAIL.upper(), PASSWORD, "rep", Conflict),
        ("no address", PASSWORD, "rep", accounts.WrongAccount),
        ("new@example.com", "short", "rep", accounts.WrongAccount),
        ("new@example.com", PASSWORD, "boss", accounts.WrongAccount),
    ],
)
def test_what_cannot_be_used_is_refused(account, email, password, role, error):
    with pytest.raises(error):
        accounts.create(email, password, role=role)
    assert [each.email for each in accounts.everybody()] == [EMAIL]


def test_roles_change_and_unknown_people_are_named(account):
    accounts.change_role(EMAIL, "auditor", actor="test")
    assert accounts.get(EMAIL).role == "auditor"
    with pytest.raises(NotFound, match=r"who@example\.com"):
        accounts.change_role("who@example.com", "rep", actor="test")
