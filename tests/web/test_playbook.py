"""The playbook's rooms: read by all, changed by editors, with everything typed kept where it cannot be used."""

from __future__ import annotations

import re
from html import unescape

import pytest

from crm_ext.store import audit
from crm_ext.sync import drafts, playbooks
from tests import factories


@pytest.fixture
def editor(app, signed_in):
    factories.sample()
    return signed_in("editor")


def alerts(days: str) -> str:
    text = drafts.text("alerts")
    assert "silence >= 120" in text
    return text.replace("silence >= 120", f"silence >= {days}")


def change(visitor, text: str, **pressed: str):
    page = "/playbook/alerts"
    return visitor.post(page, {"text": text, "version": "2026.9", **pressed}, page=page)


def test_a_section_is_read_as_it_is(editor):
    text = editor.get("/playbook/alerts").text
    shown = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)[1])
    assert shown.lstrip("\n") == drafts.text("alerts")


def test_a_change_is_compared_and_tried_before_it_counts(editor):
    before = playbooks.active().version
    answer = change(editor, alerts("30"), preview="1")
    assert answer.status_code == 200
    assert "alerts.alerts.dormant.when" in answer.text
    assert re.search(r"\d of 6 contacts would change", answer.text)
    assert playbooks.active().version == before


def test_it_is_published_and_taken_back(editor):
    before = playbooks.active().version
    assert change(editor, alerts("30"), publish="1", note="Sooner").status_code == 303
    assert playbooks.active().version == "2026.9"
    assert "Sooner" in editor.get("/playbook/").text
    assert editor.post(f"/playbook/versions/{before}/back", page="/playbook/").status_code == 303
    assert playbooks.active().version == before
    assert [each.action for each in audit.walk(after="", limit=2).items] == ["playbook.rollback", "playbook.publish"]


@pytest.mark.parametrize("text", ["alerts: [", "alerts:\n  - {id: x, when: 'no_such_fact'}", "- a", "x: 1"])
def test_what_cannot_be_used_is_said_and_nothing_typed_is_lost(editor, text):
    answer = change(editor, text, publish="1")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert text in unescape(answer.text)
    assert playbooks.active().version != "2026.9"


def test_others_read_only(app, signed_in):
    rep = signed_in("rep")
    assert "Publish" not in rep.get("/playbook/alerts").text
    assert rep.get("/playbook/no_such_section").status_code == 404
    assert rep.post("/playbook/alerts", {"text": "x"}, page="/playbook/").status_code == 403
