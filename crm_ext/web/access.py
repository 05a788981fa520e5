"""Who may enter which room. A route without a rule lets nobody in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Request, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf import CSRFProtect
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from crm_ext.store import db, tokens
from crm_ext.store.accounts import Role
from crm_ext.store.models import Account, ApiToken, ContactRow
from crm_ext.store.queries import contacts as book
from crm_ext.store.queries.scope import Scope
from crm_ext.store.tokens import TokenScope

View = TypeVar("View", bound=Callable[..., object])

PUBLIC: frozenset[Role] = frozenset()
EVERYBODY = frozenset(Role)
WHOLE_BOOK = frozenset({Role.ADMIN, Role.MANAGER, Role.AUDITOR})
"""These see every contact; the others those that the CRM says are theirs."""
OVERSEERS = frozenset({Role.ADMIN, Role.AUDITOR})
ADMINS = frozenset({Role.ADMIN})
EDITORS = frozenset({Role.ADMIN, Role.EDITOR})
"""These may change the playbook."""

ASSETS = frozenset({"static", "bootstrap.static"})
RULE = "_crm_ext_roles"
SCOPE = "_crm_ext_scope"
API = "/api/v1/"
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})

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


def needs(scope: TokenScope) -> Callable[[View], View]:
    """Ask a token for this scope; without it, `read` opens what is only read, and `write` the rest."""

    def mark(view: View) -> View:
        setattr(view, SCOPE, scope)
        return view

    return mark


def scope_of(app: Flask, endpoint: str, method: str) -> TokenScope:
    usual = TokenScope.READ if method in LOOKING else TokenScope.WRITE
    return getattr(app.view_functions[endpoint], SCOPE, usual)


class Visitor(UserMixin):  # type: ignore[misc] # Flask-Login has no types
    """Somebody who is signed in, or acts by a token.

    The id changes with the password, which ends the sessions opened by the old one.
    """

    def __init__(self, account: Account, token: ApiToken | None = None) -> None:
        self.account = account
        self.token = token

    @property
    def is_active(self) -> bool:
        return self.account.active

    def get_id(self) -> str:
        mark = hashlib.sha256(self.account.password_hash.encode()).hexdigest()[:16]
        return f"{self.account.id}.{mark}"


@login.user_loader  # type: ignore[untyped-decorator]
def visitor(key: str) -> Visitor | None:
    if bears_token(request):
        return None
    number, _, _ = key.partition(".")
    account = db.session.get(Account, int(number)) if number.isdigit() else None
    found = Visitor(account) if account and account.active else None
    return found if found and found.get_id() == key else None


@login.request_loader  # type: ignore[untyped-decorator]
def bearer(asked: Request) -> Visitor | None:
    """Whom a token acts for; tokens open the API only, where no other site can make a browser send one."""
    if not bears_token(asked):
        return None
    token = tokens.opened((asked.authorization and asked.authorization.token) or "")
    g.by_token = token is not None
    return Visitor(token.account, token) if token else None


def bears_token(asked: Request) -> bool:
    return in_api(asked) and "Authorization" in asked.headers


def in_api(asked: Request) -> bool:
    """Whether programs are answered, with JSON, rather than people, with pages."""
    return asked.path.startswith(API)


class Csrf(CSRFProtect):  # type: ignore[misc] # Flask-WTF has no types
    """The proof that a page of ours sent a form; a token, which no browser adds by itself, is proof enough."""

    def protect(self, **options: Any) -> None:
        if not g.get("by_token"):
            super().protect(**options)


@login.unauthorized_handler  # type: ignore[untyped-decorator]
def to_the_door() -> Response:
    """People are sent to the sign-in; for programs, raises Unauthorized."""
    if in_api(request):
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
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


def mine(connection_id: int, contact_id: str) -> ContactRow:
    """A contact that I may see; one that belongs to somebody else is not there."""
    contact = book.find(connection_id, contact_id, my_scope())
    if contact is None:
        raise NotFound
    return contact


def guard() -> Response | None:
    """Before every request: the route's rule, or nothing at all."""
    if request.endpoint is None:
        return None
    roles = rule_of(current_app, request.endpoint)
    if roles is PUBLIC:
        return None
    if not current_user.is_authenticated:
        return cast("Response", login.unauthorized())
    if roles is None or me().role not in roles or not scope_allows():
        raise Forbidden
    return None


def scope_allows() -> bool:
    """Whether the token, if there is one, was made for this."""
    token = current_user.token
    return token is None or scope_of(current_app, request.endpoint or "", request.method) in token.scopes.split()


def init_app(app: Flask) -> None:
    login.init_app(app)
    app.before_request(guard)
    Csrf(app)
    app.jinja_env.globals.update(may=may, ADMINS=ADMINS, EDITORS=EDITORS, OVERSEERS=OVERSEERS, WHOLE_BOOK=WHOLE_BOOK)
