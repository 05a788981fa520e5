from __future__ import annotations

import re

import pytest

from crm_ext.connector_api import Capabilities, Connector, Finding, Level, Setting, Stream
from crm_ext.store import db, vault
from crm_ext.store.models import Connection, Run
from crm_ext.sync import connections as desk
from crm_ext.sync import registry


class Paper(Connector):
    """A connector with a setting of every kind; it reaches nothing, for it is the forms that are looked at."""

    slug, label = "paper", "Paper files"
    settings = (
        Setting(name="base_url", label="Address", kind="url"),
        Setting(name="token", label="Token", secret=True, help="From your account page."),
        Setting(name="page_size", label="Page size", kind="int", default=50),
        Setting(name="archived", label="Archived as well", kind="bool", default=False),
        Setting(name="order", label="Order", kind="choice", default="a", choices=(("a", "First"), ("b", "Second"))),
    )
    capabilities = Capabilities(streams=(Stream.CONTACTS,))

    def check(self):
        return [
            Finding("Sign-in", Level.PASS, "as somebody@example.com"),
            Finding("Right to write", Level.FAIL, "The token may only read.", "Give it the right to write."),
        ]

    def pull(self, part, checkpoint):
        yield from ()

    def push(self, rows):
        yield from ()

    def read_tags(self, ids):
        return {}

    def prepare(self, tags):
        return [Finding("Fields", Level.PASS, f"{len(tags)} made")]


COMMON = {each.name: each.default for each in desk.COMMON}
GIVEN = {
    "connection_name": "office",
    "base_url": "https://crm.example.com",
    "token": "s3cret-token",
    "page_size": "20",
    "order": "b",
}


@pytest.fixture
def admin(config, signed_in, monkeypatch):
    monkeypatch.setattr(registry, "connectors", lambda: {"paper": Paper})
    vault.make_key_file(config)
    return signed_in("admin")


def only() -> Connection:
    return db.session.scalars(db.select(Connection)).one()


@pytest.fixture
def office(admin):
    answer = admin.post("/connections/new/paper", GIVEN, page="/connections/new/paper")
    assert (answer.status_code, answer.location) == (303, "/connections/1")
    return only()


def test_the_choice_shows_every_connector(admin):
    assert "Paper files" in admin.get("/connections/new").text


def test_the_form_has_a_field_per_setting_and_hides_secrets(admin):
    text = admin.get("/connections/new/paper").text
    for name in ("base_url", "token", "page_size", "archived", "order"):
        assert f'name="{name}"' in text
    assert re.search(r'<input[^>]*name="token"[^>]*type="password"', text)
    assert "From your account page." in text


def test_what_was_given_is_stored_and_secrets_apart(office):
    assert office.name == "office"
    assert office.settings == {
        "base_url": "https://crm.example.com",
        "page_size": 20,
        "archived": False,
        "order": "b",
        **COMMON,
    }
    assert "s3cret-token" not in office.secrets
    assert desk.settings(office)["token"] == "s3cret-token"


def test_a_secret_is_never_shown_again(admin, office):
    for address in ("/connections/1", "/connections/1/settings", "/connections/"):
        assert "s3cret-token" not in admin.get(address).text


def test_a_secret_left_blank_is_kept_and_the_rest_changes(admin, office):
    changed = {"base_url": "https://new.example.com", "token": "", "page_size": "30", "order": "a", "archived": "y"}
    assert admin.post("/connections/1/settings", changed, page="/connections/1/settings").status_code == 303
    assert desk.settings(only()) == {
        "base_url": "https://new.example.com",
        "token": "s3cret-token",
        "page_size": 30,
        "archived": True,
        "order": "a",
        **COMMON,
    }


def test_a_tick_can_be_taken_away_again(admin, office):
    for given, kept in (({"archived": "y"}, True), ({}, False)):
        values = {"base_url": "https://crm.example.com", "page_size": "20", "order": "b", **given}
        admin.post("/connections/1/settings", values, page="/connections/1/settings")
        assert desk.settings(only())["archived"] is kept


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"base_url": "no address"}, "Not a valid URL"),
        ({"base_url": ""}, "required"),
        ({"token": ""}, "required"),
        ({"page_size": "many"}, "Not a valid integer"),
        ({"order": "z"}, "Not a valid choice"),
        ({"connection_name": "a/b"}, "no name for a connection"),
    ],
)
def test_wrong_settings_are_named_and_nothing_is_stored(admin, change, said):
    answer = admin.post("/connections/new/paper", GIVEN | change, page="/connections/new/paper")
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.scalars(db.select(Connection)).all() == []


def test_a_name_in_use_is_refused(admin, office):
    answer = admin.post("/connections/new/paper", GIVEN, page="/connections/new/paper")
    assert answer.status_code == 422
    assert "There is a connection" in answer.text


def test_a_connector_that_is_not_there(admin):
    assert admin.get("/connections/new/nothing").status_code == 404


def test_the_check_shows_each_finding_with_its_fix(admin, office):
    text = admin.post("/connections/1/check", page="/connections/1").text
    for said in ("as somebody@example.com", "The token may only read.", "Give it the right to write."):
        assert said in text


def test_preparing_is_remembered(admin, office):
    assert "made" in admin.post("/connections/1/prepare", page="/connections/1").text
    assert only().prepared_at is not None
    assert "Our fields were made on" in admin.get("/connections/1").text


@pytest.mark.parametrize(("pressed", "dry"), [({}, False), ({"dry_run": "1"}, True)])
def test_a_run_is_asked_for_and_left_to_the_worker(admin, office, pressed, dry):
    answer = admin.post("/connections/1/runs", pressed, page="/connections/1")
    run = db.session.scalars(db.select(Run)).one()
    assert (answer.status_code, answer.location) == (303, f"/runs/{run.id}")
    assert (run.status, run.options["dry_run"]) == ("queued", dry)
    assert "Waiting" in admin.get(answer.location).text


def test_pause_and_resume(admin, office):
    admin.post("/connections/1/pause", page="/connections/1")
    assert only().paused
    assert "is paused" in admin.get("/connections/1").text
    admin.post("/connections/1/resume", page="/connections/1")
    assert not only().paused


def test_an_auditor_reads_and_changes_nothing(office, signed_in):
    auditor = signed_in("auditor")
    text = auditor.get("/connections/1").text
    assert "Check now" not in text
    assert "Sync now" not in text
    assert auditor.post("/connections/1/pause", page="/password").status_code == 403
