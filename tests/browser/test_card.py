"""The card in the side bar of a CRM: a frame of another site, whose cookies the browser refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from crm_ext.store import db
from crm_ext.store.models import Connection, Override, StepAnswer
from crm_ext.web import signing
from crm_ext.web.signing import Pass

pytestmark = pytest.mark.browser


class Crm(BaseHTTPRequestHandler):
    """A page of the CRM with our card beside it."""

    def __init__(self, *args: object, card: str) -> None:
        self.card = card
        super().__init__(*args)

    def do_GET(self) -> None:
        page = f'<!doctype html><title>CRM</title><link rel="icon" href="data:,"><iframe src="{self.card}"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def crm(card: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Crm, card=card))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def card(installation, address):
    with installation.test_request_context():
        yield f"{address}/card/open/{signing.key(Pass(1, 'c-2', 'rep@example.com'))}"
    with installation.app_context():
        db.session.execute(db.delete(StepAnswer))
        db.session.execute(db.delete(Override))
        db.session.commit()


@contextmanager
def allowing(installation, origin: str) -> Iterator[None]:
    def keep(value: str) -> None:
        with installation.app_context():
            connection = db.session.get(Connection, 1)
            connection.settings = {**connection.settings, "card_frames": value}
            db.session.commit()

    keep(origin)
    yield
    keep("")


def test_done_and_an_override_inside_a_frame(visit, installation, card):
    page = visit(expected="localhost")
    with crm(card) as site, allowing(installation, site):
        page.goto(site)
        frame = page.frame_locator("iframe")
        frame.locator("#note").fill("He wants a visit")
        frame.get_by_role("button", name="Done").click()
        frame.get_by_text("He wants a visit").wait_for()
        frame.get_by_text("I know better").click()
        frame.locator("select[name=stage]").select_option("trust")
        frame.locator("input[name=reason]").fill("We went to school together")
        frame.get_by_role("button", name="Keep my word").press("Enter")
        frame.get_by_text(re.compile("rep@example.com says: Trust")).wait_for()
        assert page.context.cookies() == []
    with installation.app_context():
        assert db.session.scalars(db.select(StepAnswer)).one().actor == "rep@example.com"
        assert db.session.scalars(db.select(Override)).one().value == "trust"


def test_another_site_may_not_frame_it(browser, installation, card):
    page = browser.new_page()
    with crm(card) as site, allowing(installation, "https://crm.example.com"):
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            page.goto(site)
        assert page.frame_locator("iframe").get_by_text("Rivas").count() == 0
    page.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_reply_is_checked_and_a_question_answered_in_a_narrow_side_bar(visit, card, lang):
    page = visit(lang, "narrow")
    page.goto(card)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill("#draft", "You must be mistaken. 您肯定是弄错了。")
    page.focus("#draft")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reply q")
    page.click("nav.press a >> nth=0")
    page.wait_for_selector("#answer")
