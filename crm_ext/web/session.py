"""Signing in and out, the language, one's own password."""

from __future__ import annotations

from urllib.parse import urlsplit

import flask
from flask import Blueprint, redirect, request, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from crm_ext.config import LANGUAGES
from crm_ext.store import accounts
from crm_ext.store.models import Account
from crm_ext.web.access import EVERYBODY, PUBLIC, Visitor, allow, me
from crm_ext.web.forms import NewPassword, SignIn, accepted, form_page
from crm_ext.web.language import CHOICE

session = Blueprint("session", __name__)

Page = str | tuple[str, int] | Response


@session.route("/sign-in", methods=["GET", "POST"])
@allow(PUBLIC)
def sign_in() -> Page:
    form = SignIn()
    account = accepted(form, lambda: accounts.authenticate(form.email.data, form.password.data))
    if account is not None:
        welcome(account, remember=form.remember.data)
    if current_user.is_authenticated:
        return redirect(local(request.args.get("next", "")), 303)
    return form_page("session/sign_in.html", form)


@session.post("/sign-out")
@allow(EVERYBODY)
def sign_out() -> Page:
    logout_user()
    flask.session.permanent = False
    return redirect(url_for(".sign_in"), 303)


@session.post("/language/<code>")
@allow(PUBLIC)
def speak(code: str) -> Page:
    """Keep the choice of language for this session, and go back to the page it was made on."""
    if code not in LANGUAGES:
        raise NotFound
    flask.session[CHOICE] = code
    return redirect(local(request.referrer or ""), 303)


@session.route("/password", methods=["GET", "POST"])
@allow(EVERYBODY)
def password() -> Page:
    form = NewPassword()
    account = accepted(form, lambda: changed(form.current.data, form.new.data))
    if account is None:
        return form_page("session/password.html", form)
    welcome(account, remember=flask.session.permanent)
    return redirect(url_for("home.show"), 303)


def changed(current: str, new: str) -> Account:
    account = accounts.authenticate(me().email, current)
    accounts.set_password(account.email, new)
    return account


def welcome(account: Account, *, remember: bool) -> None:
    """Begin a session of its own; a remembered one outlives the browser."""
    language = flask.session.get(CHOICE)
    flask.session.clear()
    flask.session.permanent = remember
    if language:
        flask.session[CHOICE] = language
    login_user(Visitor(account))


def local(address: str) -> str:
    """The address if it is a page of ours, else home: nobody is sent to another site."""
    parts = urlsplit(address)
    ours = not parts.netloc or parts.netloc == request.host
    path = parts.path if ours and parts.path.startswith("/") and not parts.path.startswith(("//", "/\\")) else ""
    if not path.startswith(f"{request.script_root}/"):
        return url_for("home.show")
    return f"{path}?{parts.query}" if parts.query else path
