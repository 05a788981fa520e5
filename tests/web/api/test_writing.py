"""What programs change: with the right scope, once for each key, and with errors that say what to do."""

from __future__ import annotations

import re

import pytest

from crm_ext.store import audit, db, tokens, vault
from crm_ext.store.models import ApiToken, AuditEntry, Connection, KeptAnswer
from tests import factories

OVERRIDE = {"stage": "alliance", "reason": "Met at the fair"}


@pytest.fixture
def book(app, config):
    vault.make_key_file(config)
    return factories.sample()


def test_an_override_is_kept_with_who_said_it(book, program):
    rep = program("rep")
    made = rep.post("/contacts/1/c-1/overrides", OVERRIDE)
    assert made.status_code == 201
    assert made.json["items"][0] | {"created_at": ""} == {
        "field": "crm_ext_stage",
        "kind": "override",
        "value": "alliance",
        "reason": "Met at the fair",
        "actor": "rep@example.com",
        "created_at": "",
        "until": None,
    }
    assert rep.send("DELETE", "/contacts/1/c-1/overrides").json == {"withdrawn": 1}


def test_a_connection_from_the_first_setting_to_the_first_run(book, program, tmp_path):
    admin = program()
    made = admin.post("/connections", {"name": "crm", "connector": "folder", "settings": {"path": str(tmp_path)}})
    assert made.status_code == 201
    here = f"/connections/{made.json['id']}"
    assert admin.post(f"{here}/check").json["ok"] is False
    assert admin.post(f"{here}/pause").json["state"] == "paused"
    assert admin.post(f"{here}/resume").json["state"] == "active"
    run = admin.post(f"{here}/runs", {"dry_run": True})
    assert (run.status_code, run.json["status"]) == (202, "queued")
    assert admin.send("DELETE", here).status_code == 204
    assert admin.get(here).status_code == 404


def test_a_secret_goes_in_and_never_comes_out(book, program):
    settings = {"base_url": "https://crm.example.com", "api_key": "a-marked-secret"}
    made = program().post("/connections", {"name": "crm", "connector": "espocrm", "settings": settings})
    assert made.json["settings"]["base_url"] == "https://crm.example.com"
    assert "a-marked-secret" not in made.text


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "/contacts/1/c-1", 200),
        ("read", "POST", "/contacts/1/c-1/overrides", 403),
        ("read", "GET", "/users", 403),
        ("write", "GET", "/contacts", 403),
        ("write", "POST", "/contacts/1/c-1/overrides", 201),
        ("write", "POST", "/tokens", 403),
        ("admin", "GET", "/users", 200),
        ("admin", "GET", "/contacts", 403),
    ],
)
def test_a_token_opens_what_its_scopes_say(book, program, scope, method, path, status):  # noqa: PLR0917
    body = {"json": OVERRIDE} if method == "POST" else {}
    assert program("admin", scope).send(method, path, **body).status_code == status


def test_tokens_are_made_kept_as_digests_and_revoked(book, program):
    admin = program()
    made = admin.post("/tokens", {"name": "reports", "scopes": ["read"]})
    text, number = made.json["token"], made.json["id"]
    assert text.startswith(tokens.PREFIX)
    assert text not in admin.get("/tokens").text
    assert db.session.get(ApiToken, number).digest != text
    admin.headers = {"Authorization": f"Bearer {text}"}
    assert admin.get("/me").json["scopes"] == ["read"]
    tokens.revoke(db.session.get(ApiToken, number), actor="test")
    assert admin.get("/me").status_code == 401
    assert [entry.action for entry in db.session.query(AuditEntry)][-2:] == ["token.add", "token.revoke"]
    assert list(audit.broken()) == []


def test_a_session_reads_but_writes_only_with_the_proof_of_a_page(book, signed_in):
    admin = signed_in("admin")
    assert admin.get("/api/v1/me").json["scopes"] == ["read", "write", "admin"]
    refused = admin.send("POST", "/api/v1/connections/1/pause")
    assert (refused.status_code, refused.mimetype) == (400, "application/problem+json")
    proof = re.search(r'name="crm_ext_csrf" value="([^"]+)"', admin.get("/").text)[1]
    allowed = admin.send("POST", "/api/v1/connections/1/pause", headers={"X-Crm-Ext-Csrf": proof})
    assert allowed.status_code == 200


def test_tokens_do_not_open_pages(book, program):
    answer = program().send("GET", "/../../contacts/")
    assert answer.status_code in {302, 404}


def test_the_same_key_is_the_same_request(book, program):
    admin = program()
    first = admin.post("/tokens", {"name": "one", "scopes": ["read"]}, headers={"Idempotency-Key": "k-1"})
    again = admin.post("/tokens", {"name": "one", "scopes": ["read"]}, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(admin.get("/tokens").json["items"]) == 2
    assert first.json["token"] not in db.session.query(KeptAnswer).one().body


def test_the_same_key_for_something_else_is_refused(book, program):
    admin = program()
    headers = {"Idempotency-Key": "k-1"}
    assert admin.post("/connections/1/pause", headers=headers).status_code == 200
    other = admin.post("/connections/1/resume", headers=headers)
    assert (other.status_code, "another request" in other.json["title"]) == (422, True)
    assert db.session.get(Connection, 1).paused


def test_the_same_key_of_somebody_else_is_another(book, program):
    headers = {"Idempotency-Key": "k-1"}
    assert program("admin").post("/contacts/1/c-1/overrides", OVERRIDE, headers=headers).status_code == 201
    assert program("rep").post("/contacts/1/c-2/overrides", OVERRIDE, headers=headers).status_code == 201


def test_while_the_first_is_under_way_the_second_waits(book, program):
    admin = program()
    admin.post("/connections/1/pause", headers={"Idempotency-Key": "k-1"})
    db.session.query(KeptAnswer).one().status = None
    db.session.commit()
    assert admin.post("/connections/1/pause", headers={"Idempotency-Key": "k-1"}).status_code == 409


@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (400, "POST", "/contacts/1/c-1/overrides", {"data": "{", "content_type": "application/json"}),
        (401, "GET", "/me", {"headers": {"Authorization": "Bearer crmx_nobody"}}),
        (404, "GET", "/contacts/1/nobody", {}),
        (404, "GET", "/nothing", {}),
        (404, "GET", "/runs/99999999999999999999", {}),
        (405, "PUT", "/contacts", {}),
        (409, "POST", "/connections", {"json": {"name": "export", "connector": "folder"}}),
        (413, "POST", "/tokens", {"json": {"name": "x" * 2_000_000, "scopes": ["read"]}}),
        (415, "POST", "/tokens", {"data": "name=x"}),
        (422, "POST", "/tokens", {"json": {"name": "x", "scopes": ["all"]}}),
        (422, "POST", "/tokens", {"json": {"name": "\0", "scopes": ["read"]}}),
        (422, "POST", "/users", {"data": '{"email": "\\ud800"}', "content_type": "application/json"}),
        (422, "GET", "/contacts?limit=0", {}),
        (422, "GET", "/contacts?q=%00", {}),
    ],
)
def test_every_error_is_a_problem_with_a_sentence(book, program, status, method, path, options):  # noqa: PLR0917
    answer = program().send(method, path, **options)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert all(answer.json[name] for name in ("title", "detail"))
    assert status != 401 or "Bearer" in answer.headers["WWW-Authenticate"]
    assert status != 405 or "GET" in answer.headers["Allow"]
