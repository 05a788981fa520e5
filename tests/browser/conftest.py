"""A browser, and a served installation with a small book of customers in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from crm_ext.config import Config
from crm_ext.store import db
from crm_ext.web.app import create_app
from tests import factories
from tests.databases import Sqlite
from tests.serving import serving

LOCALES = {"en": "en-GB", "zh": "zh-CN"}
WIDTHS = {"wide": (1280, 900), "narrow": (360, 740)}


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("instance")
    databases = Sqlite(home)
    with databases.fresh() as url:
        app = create_app(Config(home=home, database_url=url))
        with app.app_context():
            fill()
            db.session.remove()
        yield app
        with app.app_context():
            db.engine.dispose()
    databases.close()


def fill() -> None:
    """Everybody who signs in, a book of customers, a run that is done and one under way."""
    factories.account("admin", name="Ada Brook")
    factories.account("manager", name="Rosa Lind")
    factories.account("rep", name="Mia Hollis")
    connection = factories.sample().connection
    counts = {"pulled.contacts": 6, "pulled.activities": 14, "annotated": 6, "changed": 6, "pushed": 6, "seconds": 2.4}
    factories.run(connection, counts=counts)
    factories.run(connection, "running", phase="annotate", counts={"pulled.contacts": 6, "annotated": 2})
    factories.moves()


@pytest.fixture(scope="session")
def address(installation: Flask) -> Iterator[str]:
    with serving(installation) as base:
        yield base


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watch:
    """What a page must never do: complain on the console, fail, or ask another host."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.faults: list[str] = []
        context.on("console", self.said)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("request", lambda request: self.asked(request.url, base))
        context.on("requestfailed", self.failed)

    def said(self, message: object) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"console: {message.text}")

    def failed(self, request: object) -> None:
        """A page that is left while it loads gives up what it still waits for: that is no fault."""
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.url} failed: {request.failure}")

    def asked(self, url: str, base: str) -> None:
        if not url.startswith((base, "data:")):
            self.faults.append(f"asked {url}")


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """A page in a language and width, signed in as a role if one is named.

    In the end nothing may have gone wrong but for what was expected, a part of what the browser says of it.
    """
    opened: list[tuple[BrowserContext, Watch, str]] = []

    def open_page(lang: str = "en", width: str = "wide", role: str | None = None, expected: str = "") -> Page:
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, locale=LOCALES[lang], base_url=address)
        opened.append((context, Watch(context, address), expected))
        page = context.new_page()
        if role:
            sign_in(page, role)
        return page

    yield open_page
    for context, _, _ in opened:
        context.close()
    for _, watch, expected in opened:
        assert [fault for fault in watch.faults if not expected or expected not in fault] == []


def sign_in(page: Page, role: str) -> None:
    page.goto("/sign-in")
    page.fill("#email", f"{role}@example.com")
    page.fill("#password", factories.PASSWORD)
    page.click("#submit")
    page.wait_for_url("**/")
