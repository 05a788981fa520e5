"""Overview, runs, health, headers, errors, languages."""

from __future__ import annotations

import re

import pytest

from crm_ext.store import db
from crm_ext.store.models import Connection, Failure
from tests import factories

ZH = {"Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.fixture
def sample(app):
    return factories.sample()


def test_an_empty_installation_shows_the_way(signed_in):
    text = signed_in("admin").get("/").text
    assert "No contacts yet" in text
    assert 'href="/connections/new"' in text


def test_the_overview_counts_each_contact_once(sample, signed_in):
    text = signed_in("manager").get("/").text
    numbers = [int(each) for each in re.findall(r"</span><strong>(\d+)</strong>", text)]
    assert len(numbers) == 6
    assert sum(numbers) == 6
    assert "6 contacts" in text


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({}, "failed", "Failed"),
        ({}, "partial", "some records failed"),
        ({"paused": True}, "done", "is paused"),
        ({"push_paused": True, "push_paused_because": "Run 1 was undone."}, "done", "Run 1 was undone."),
    ],
)
def test_what_needs_attention_is_named(sample, signed_in, change, status, said):
    connection = db.session.get(Connection, 1)
    for name, value in change.items():
        setattr(connection, name, value)
    factories.run(connection, status)
    attention = signed_in("admin").get("/").text.split('id="attention"')[1].split("</section>")[0]
    assert said in attention


def test_a_run_shows_its_counts_and_what_failed(sample, signed_in):
    run = factories.run(sample.connection, "partial", counts={"pulled.contacts": 1234, "annotated": 56, "failed": 1})
    db.session.add(Failure(run_id=run.id, stream="contacts", external_id="c-9", place="contacts.csv:7", reason="no id"))
    db.session.commit()
    text = signed_in("manager").get(f"/runs/{run.id}").text
    assert all(said in text for said in ("1,234", "56", "contacts.csv:7", "no id"))


def test_progress_is_asked_for_only_while_the_run_is_under_way(sample, signed_in):
    manager = signed_in("manager")
    running = factories.run(sample.connection, "running", phase="pull contacts").id
    done = factories.run(sample.connection).id
    assert "data-open" in manager.get(f"/runs/{running}/progress").text
    assert "data-open" not in manager.get(f"/runs/{done}/progress").text


def test_health_answers_without_signing_in(sample, visitor):
    assert visitor.get("/healthz").json == {"status": "ok"}
    assert visitor.get("/readyz").json == {
        "status": "not ready",
        "database": "ok",
        "broker": "not used",
        "worker": "none",
    }


def test_metrics_tell_figures_and_no_names(sample, visitor):
    text = visitor.get("/metrics").text
    counts = dict(re.findall(r'crm_ext_contacts\{stage="(\w+)"\} (\d+)\.0', text))
    assert sum(map(int, counts.values())) == 6
    assert "Clara" not in text
    assert "export" not in text


def test_an_installation_that_was_never_made_says_so(tmp_path):
    from crm_ext.config import Config
    from crm_ext.web.app import create_app

    client = create_app(Config(home=tmp_path)).test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["database"]) == (503, "empty")
    answer = client.post("/sign-in", data={})
    assert answer.status_code == 400


@pytest.mark.parametrize("address", ["/sign-in", "/", "/contacts/", "/nothing-here", "/healthz", "/static/crm_ext.css"])
def test_every_answer_carries_the_policy(sample, signed_in, address):
    answer = signed_in("admin").get(address)
    answer.close()
    headers = answer.headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_no_page_has_markup_that_the_policy_forbids_or_asks_elsewhere(sample, signed_in):
    admin = signed_in("admin")
    run = factories.run(sample.connection, "running").id
    for address in ("/", "/contacts/", "/contacts/1/c-1", f"/runs/{run}", "/connections/1", "/connections/new/folder"):
        text = admin.get(address).text
        assert not re.search(r"<script(?! src=\"/)|<style|\sstyle=|\son\w+=", text), address
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), address


def test_what_is_not_there_is_said_in_both_languages(signed_in):
    visitor = signed_in("rep")
    assert "There is nothing here" in visitor.get("/nowhere").text
    answer = visitor.get("/nowhere", headers=ZH)
    assert (answer.status_code, "这里什么也没有" in answer.text) == (404, True)


def test_the_language_is_the_persons_then_the_browsers_then_the_installations(app, visitor):
    assert 'lang="en"' in visitor.get("/sign-in").text
    assert 'lang="zh-CN"' in visitor.get("/sign-in", headers=ZH).text
    visitor.post("/language/en")
    assert 'lang="en"' in visitor.get("/sign-in", headers=ZH).text


@pytest.mark.parametrize("address", ["/contacts/", "/contacts/1/c-1", "/"])
def test_two_readers_of_one_server_each_read_their_own_language(sample, signed_in, address):
    visitor = signed_in("admin")
    english, chinese = (re.findall(r">([^<]+)<", visitor.get(address, headers=each).text) for each in ({}, ZH))
    ours = {"Not enough evidence", "Next step", "Why", "Stage", "Trust", "Search", "All", "Evidence", "Overview"}
    assert ours & set(english)
    assert ours & set(chinese) == set()


def test_a_language_that_is_not_spoken_is_not_there(visitor):
    assert visitor.post("/language/xx").status_code == 404
