"""Who may enter which room. A route without a rule lets nobody in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, current_app, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from crm_ext.store import db
from crm_ext.store.accounts import Role
from crm_ext.store.models import Account
from crm_ext.store.queries.scope import Scope

View = TypeVar("View", bound=Callable[..., object])

PUBLIC: frozenset[Role] = frozenset()
EVERYBODY = frozenset(Role)
WHOLE_BOOK = frozenset({Role.ADMIN, Role.MANAGER, Role.AUDITOR})
"""These see every contact; the others those that the CRM says are theirs."""
OVERSEERS = frozenset({Role.ADMIN, Role.AUDITOR})
ADMINS = frozenset({Role.ADMIN})

ASSETS = frozenset({"static", "bootstrap.static"})
RULE = "_crm_ext_roles"

login = LoginManager()


def allow(roles: frozenset[Role]) -> Callable[[View], View]:
    """Open a view to these roles; `PUBLIC` opens it to everybody, signed in or not."""

    def mark(view: View) -> View:
        setattr(view, RULE, roles)
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The roles that a route lets in, `PUBLIC`, or None where nobody has thought of it."""
    return PUBLIC if endpoint in ASSETS else getattr(app.view_functions[endpoint], RULE, None)


class Visitor(UserMixin):  # type: ignore[misc] # Flask-Login has no types
    """A signed-in person. The id changes with the password, which ends the sessions opened by the old one."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def is_active(self) -> bool:
        return self.account.active

    def get_id(self) -> str:
        mark = hashlib.sha256(self.account.password_hash.encode()).hexdigest()[:16]
        return f"{self.account.id}.{mark}"


@login.user_loader  # type: ignore[untyped-decorator]
def visitor(key: str) -> Visitor | None:
    number, _, _ = key.partition(".")
    account = db.session.get(Account, int(number)) if number.isdigit() else None
    found = Visitor(account) if account and account.active else None
    return found if found and found.get_id() == key else None


@login.unauthorized_handler  # type: ignore[untyped-decorator]
def to_the_door() -> Response:
    wanted = request.script_root + request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("session.sign_in", next=wanted))


def me() -> Account:
    """The account of who is signed in; only where the route's rule asks for somebody."""
    return cast("Account", current_user.account)


def may(roles: frozenset[Role]) -> bool:
    return current_user.is_authenticated and me().role in roles


def my_scope() -> Scope:
    """The contacts that I may see."""
    return Scope() if may(WHOLE_BOOK) else Scope(owner=me().email)


def guard() -> Response | None:
    """Before every request: the route's rule, or nothing at all."""
    if request.endpoint is None:
        return None
    roles = rule_of(current_app, request.endpoint)
    if roles is PUBLIC:
        return None
    if not current_user.is_authenticated:
        return cast("Response", login.unauthorized())
    if roles is None or me().role not in roles:
        raise Forbidden
    return None


def init_app(app: Flask) -> None:
    login.init_app(app)
    app.before_request(guard)
    app.jinja_env.globals.update(may=may, ADMINS=ADMINS, OVERSEERS=OVERSEERS, WHOLE_BOOK=WHOLE_BOOK)
