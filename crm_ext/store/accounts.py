"""People who sign in here: roles, passwords hashed with argon2, and a lock after repeated failures."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select, update

from crm_ext.errors import Conflict, CrmExtError, NotFound
from crm_ext.store import audit
from crm_ext.store.base import db, now
from crm_ext.store.models import Account
from crm_ext.store.queries import paging

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
FAILURES_ALLOWED = 5
LOCK = timedelta(minutes=15)

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe())
"""Verified against when the e-mail is unknown, so that the answer takes as long as for a known one."""


class Role(StrEnum):
    """What somebody may do: everything; edit the playbook; see the whole book; see their own contacts; read only."""

    ADMIN = "admin"
    EDITOR = "editor"
    MANAGER = "manager"
    REP = "rep"
    AUDITOR = "auditor"


class SignInRefused(CrmExtError):
    """The same words whether the e-mail is unknown, the password wrong or the account locked: nothing is given away."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "E-mail or password is not right.",
            fix=f"After {FAILURES_ALLOWED} wrong passwords an account stays closed for {LOCK.seconds // 60} minutes.",
        )


class WrongAccount(CrmExtError):
    """An e-mail, password or role that cannot be used."""


def create(email: str, password: str, *, role: str = Role.REP, name: str = "", commit: bool = True) -> Account:
    """Make and commit an account. Raises Conflict where the e-mail is taken, WrongAccount for what cannot be used."""
    email = _email(email)
    if _found(email):
        raise Conflict(f"There is an account for {email} already.", fix="Set its password or role instead.")
    account = Account(email=email, name=name, role=_role(role), password_hash=_hashed(password))
    db.session.add(account)
    db.session.commit() if commit else db.session.flush()
    return account


def get(email: str) -> Account:
    """Raises NotFound."""
    account = _found(_email(email))
    if account is None:
        raise NotFound(f"Nobody signs in as {email}.", fix=f"Look at the spelling, or use: crm-ext user add {email}")
    return account


def add(email: str, password: str, *, role: str, name: str = "", actor: str, commit: bool = True) -> Account:
    """As `create`, and keep in the log who did it."""
    made = create(email, password, role=role, name=name, commit=False)
    audit.record(actor, "user.add", made.email, ["role"], after={"role": made.role})
    db.session.commit() if commit else db.session.flush()
    return made


def change_role(email: str, role: str, *, actor: str) -> Account:
    """Raises NotFound; Conflict for the last administrator, who cannot be anything else."""
    account = get(email)
    if account.role == Role.ADMIN != _role(role) and not _others(account):
        raise Conflict(f"{account.email} is the only administrator.", fix="Make somebody else one first.")
    before, account.role = account.role, _role(role)
    audit.record(actor, "user.role", account.email, ["role"], before={"role": before}, after={"role": account.role})
    db.session.commit()
    return account


def change_password(email: str, password: str, *, actor: str) -> Account:
    set_password(email, password)
    account = get(email)
    audit.record(actor, "user.password", account.email, ["password"])
    db.session.commit()
    return account


def _others(account: Account) -> bool:
    """Whether somebody else is an administrator, too."""
    rule = (Account.role == Role.ADMIN) & Account.active & (Account.id != account.id)
    return db.session.scalar(select(Account.id).where(rule).limit(1)) is not None


def walk(*, after: str, limit: int) -> paging.Slice[Account]:
    """Everybody in the order of joining, a slice at a time. Raises WrongPlace."""
    return paging.by_number(select(Account), Account.id, after=after, limit=limit, newest=False)


def everybody() -> list[Account]:
    return list(db.session.scalars(select(Account).order_by(Account.email)))


def authenticate(email: str, password: str) -> Account:
    """The account that these open. Counts failures; raises SignInRefused, also while the account is locked."""
    account = _found(email.strip().lower())
    if account is None or not account.active or _locked(account):
        _fits(_NOBODY, password)
        raise SignInRefused
    if not _fits(account.password_hash, password):
        _count_failure(account)
        raise SignInRefused
    account.failed_sign_ins, account.locked_until = 0, None
    if _hasher.check_needs_rehash(account.password_hash):
        account.password_hash = _hasher.hash(password)
    db.session.commit()
    return account


def set_password(email: str, password: str) -> None:
    """Also opens a locked account, and ends the sessions that the old password opened."""
    account = get(email)
    account.password_hash = _hashed(password)
    account.failed_sign_ins, account.locked_until = 0, None
    db.session.commit()


def generated_password() -> str:
    return secrets.token_urlsafe(12)


def _found(email: str) -> Account | None:
    return db.session.scalar(select(Account).where(func.lower(Account.email) == email))


def _locked(account: Account) -> bool:
    return account.locked_until is not None and account.locked_until > now()


def _count_failure(account: Account) -> None:
    """Counted in the database, so that attempts at the same time do not hide one another."""
    counted = update(Account).where(Account.id == account.id).values(failed_sign_ins=Account.failed_sign_ins + 1)
    failures = db.session.scalar(counted.returning(Account.failed_sign_ins)) or 0
    if failures >= FAILURES_ALLOWED:
        account.failed_sign_ins, account.locked_until = 0, now() + LOCK
    db.session.commit()


def _fits(hashed: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WrongAccount(
            f"The password has {len(password)} characters.",
            fix=f"Use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}; a sentence is fine.",
        )
    return _hasher.hash(password)


def _email(email: str) -> str:
    email = email.strip().lower()
    name, _, domain = email.partition("@")
    if not name or not domain or not email.isprintable() or " " in email:
        raise WrongAccount(f"{email!r} is no e-mail address.", fix="Write it as name@example.com.")
    return email


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        raise WrongAccount(f"There is no role {role!r}.", fix=f"Use one of {', '.join(Role)}.") from error
