"""Mounted in somebody's application: signed in to both, forms posted in both, nothing of the host's touched."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator

import pytest
import requests
from flask import Flask

from crm_ext import CrmExt
from crm_ext.store import db
from crm_ext.web.extension import WrongMount
from tests import factories
from tests.serving import serving
from tests.web.host import build

TOKEN = re.compile(r'name="(crm_ext_csrf|csrf_token)"[^>]* value="([^"]+)"')
EMAIL = "admin@example.com"


@pytest.fixture
def host(app, config, tmp_path) -> Iterator[Flask]:
    factories.account("admin")
    factories.sample()
    db.session.remove()
    host = build(tmp_path, config)
    yield host
    with host.extensions["crm_ext"].app.app_context():
        db.engine.dispose()


@pytest.fixture
def address(host) -> Iterator[str]:
    with serving(host) as base:
        yield base


class Browser(requests.Session):
    """Keeps cookies as a browser does, and posts a page's form with its token."""

    def submit(self, address: str, to: str | None = None, **values: str) -> requests.Response:
        name, token = TOKEN.search(self.get(address).text).groups()
        return self.post(to or address, data={name: token, **values})

    def close_window(self) -> None:
        """Forget what lasts for the session only."""
        for cookie in [each for each in self.cookies if each.expires is None]:
            self.cookies.clear(cookie.domain, cookie.path, cookie.name)


@pytest.fixture
def browser(address) -> Browser:
    """Signed in to both, with 'remember me'."""
    session = Browser()
    assert "host of 1" in session.submit(f"{address}/enter", text="x").text
    answer = session.submit(f"{address}/crm-ext/sign-in", email=EMAIL, password=factories.PASSWORD, remember="y")
    assert answer.url == f"{address}/crm-ext/"
    return session


def test_signed_in_to_both_and_after_the_window_was_closed(address, browser):
    browser.close_window()
    assert "host of 1" in browser.get(f"{address}/").text
    assert "The book by stage" in browser.get(f"{address}/crm-ext/").text


def test_forms_are_posted_in_both(address, browser):
    assert "first" in browser.submit(f"{address}/note", text="first").text
    assert "连接" in browser.submit(f"{address}/crm-ext/connections/", to=f"{address}/crm-ext/language/zh").text
    assert "second" in browser.submit(f"{address}/note", text="second").text


def test_cookies_have_names_and_paths_of_their_own(address, browser):
    ours = {(each.name, each.path) for each in browser.cookies if each.name.startswith("crm_ext")}
    theirs = {(each.name, each.path) for each in browser.cookies} - ours
    assert ours == {("crm_ext_session", "/crm-ext")}
    assert theirs == {("session", "/"), ("remember_token", "/")}


@pytest.mark.parametrize("window", ["open", "closed"])
def test_signing_out_of_ours_leaves_the_host_signed_in(address, browser, window):
    browser.submit(f"{address}/crm-ext/", to=f"{address}/crm-ext/sign-out")
    if window == "closed":
        browser.close_window()
    assert browser.get(f"{address}/crm-ext/").url.startswith(f"{address}/crm-ext/sign-in")
    assert "host of 1" in browser.get(f"{address}/").text


def test_signing_out_of_the_host_leaves_ours_signed_in(address, browser):
    browser.submit(f"{address}/note", to=f"{address}/leave")
    assert browser.get(f"{address}/").status_code == 401
    assert "The book by stage" in browser.get(f"{address}/crm-ext/").text


def test_the_hosts_sign_in_opens_nothing_of_ours(address):
    session = Browser()
    session.submit(f"{address}/enter", text="x")
    assert session.get(f"{address}/crm-ext/contacts/").url.startswith(f"{address}/crm-ext/sign-in")


def test_every_link_of_ours_stays_under_the_prefix(address, browser):
    for page in ("", "contacts/", "contacts/1/c-1", "connections/", "runs/"):
        text = browser.get(f"{address}/crm-ext/{page}").text
        local = re.findall(r'(?:href|src|action)="(/[^"]*)"', text)
        assert local
        assert [each for each in local if not each.startswith("/crm-ext/")] == []
    assert browser.get(f"{address}/crm-ext/static/crm_ext.css").ok
    assert browser.get(f"{address}/crm-ext/bootstrap/static/css/bootstrap.min.css").ok


def test_the_hosts_database_is_as_it_was(address, browser, tmp_path):
    browser.submit(f"{address}/note", text="kept")
    database = sqlite3.connect(tmp_path / "host.sqlite")
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    mode = database.execute("PRAGMA journal_mode").fetchone()[0]
    database.close()
    assert tables == {"entry"}
    assert mode == "delete"


def test_the_hosts_routes_templates_and_settings_are_its_own(host, tmp_path):
    alone = build(tmp_path)
    assert {rule.rule for rule in host.url_map.iter_rules()} == {rule.rule for rule in alone.url_map.iter_rules()}
    assert dict(host.config) == dict(alone.config)
    assert list(host.blueprints) == []
    assert set(host.jinja_env.globals) == set(alone.jinja_env.globals)


def test_mounted_it_starts_no_worker(host):
    before = {thread.ident for thread in threading.enumerate()}
    build_again = host.test_client()
    assert build_again.get("/crm-ext/healthz").json == {"status": "ok"}
    assert {thread.ident for thread in threading.enumerate()} == before


def test_another_prefix_and_init_app(app, config, tmp_path):
    host = build(tmp_path)
    extension = CrmExt(url_prefix="/tools/relations", config=config)
    extension.init_app(host)
    assert host.extensions["crm_ext"] is extension
    client = host.test_client()
    assert client.get("/tools/relations/").location == "/tools/relations/sign-in?next=/tools/relations/"
    assert client.get("/crm-ext/").status_code == 404


@pytest.mark.parametrize("prefix", ["crm-ext", "/crm-ext/", "/", ""])
def test_a_prefix_that_cannot_be_is_refused(prefix):
    with pytest.raises(WrongMount, match="no prefix"):
        CrmExt(url_prefix=prefix)


def test_twice_in_one_application_is_refused(host, config):
    with pytest.raises(WrongMount, match="already"):
        CrmExt(host, config=config)
