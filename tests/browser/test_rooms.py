"""The rooms as people meet them: in two languages, wide and on a phone, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest

from crm_ext.store import db
from crm_ext.store.models import Run
from tests import factories

pytestmark = pytest.mark.browser

ROOMS = ("/", "/contacts/", "/contacts/1/c-1", "/contacts/1/c-4", "/contacts/1/c-5", "/connections/", "/connections/1",
         "/connections/new", "/connections/new/folder", "/runs/", "/runs/1", "/password")  # fmt: skip
HEADINGS = {"en": ("Stage", "Next step", "Trust", "Evidence"), "zh": ("阶段", "下一步", "信任", "依据")}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_no_room_scrolls_sideways_or_breaks_its_policy(visit, lang, width):
    page = visit(lang, width, role="admin")
    for room in ROOMS:
        page.goto(room)
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[lang]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), room


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_from_the_door_to_a_contact(visit, lang):
    page = visit(lang, role="admin")
    page.click("nav.rooms a[href='/contacts/']")
    page.fill("input[name=q]", "wins")
    page.keyboard.press("Enter")
    page.click("text=Clara Winslow")
    page.wait_for_url("**/contacts/1/c-1")
    headings = page.locator("h2").all_text_contents()
    assert set(HEADINGS[lang]) <= set(headings)


def test_a_wrong_password_is_said_on_the_form(visit):
    page = visit(expected="422")
    page.goto("/sign-in")
    page.fill("#email", "admin@example.com")
    page.fill("#password", "surely not this")
    with page.expect_response("**/sign-in") as answer:
        page.click("#submit")
    assert answer.value.status == 422
    assert "not right" in page.locator("[role=alert]").inner_text()


def test_the_language_is_changed_from_the_account_menu(visit):
    page = visit("en", role="rep")
    page.click("details.account summary")
    page.click("text=中文")
    page.wait_for_selector("text=各阶段客户")


def test_by_keyboard_alone(visit):
    page = visit(role="rep")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.goto("/contacts/")
    page.focus("a.row-link >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/contacts/1/c-\d"))


def test_every_field_has_a_name_and_every_page_one_heading(visit):
    page = visit(role="admin")
    for room in ROOMS:
        page.goto(room)
        assert page.locator("h1").count() == 1, room
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]),select,button,a')]"
            ".filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim() || e.value)).length"
        )
        assert unnamed == 0, room


def test_a_run_shows_its_progress_without_reloading(visit, installation):
    page = visit(role="admin")
    page.goto("/runs/2")
    page.evaluate("window.same = true")
    with installation.app_context():
        run = db.session.get(Run, 2)
        run.counts = {**run.counts, "annotated": 4321}
        db.session.commit()
    page.wait_for_selector("text=4,321")
    assert page.evaluate("window.same === true")
    with page.expect_navigation(), installation.app_context():
        run = db.session.get(Run, 2)
        run.status, run.finished_at = "done", factories.AS_OF
        db.session.commit()
    assert page.locator("[data-open]").count() == 0


def test_the_policy_stops_a_script_in_the_page(visit):
    page = visit(role="rep", expected="Content Security Policy")
    blocked = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));
            const script = document.createElement('script');
            script.textContent = 'window.broken = true';
            document.body.append(script);
        })"""
    )
    assert blocked == "script-src-elem"
    assert page.evaluate("window.broken === undefined")
