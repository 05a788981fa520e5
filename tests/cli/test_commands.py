"""The commands of the interface, each once round."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm_ext.cli import COMMANDS
from tests.cli.conftest import Run

SYNC_KEYS = {
    "run",
    "connection",
    "status",
    "pulled",
    "annotated",
    "changed",
    "pushed",
    "unchanged",
    "overrides",
    "failed",
    "requests",
    "seconds",
    "cpu_seconds",
    "max_rss_mb",
}


def test_init_prints_a_made_password_once_and_is_safe_to_repeat(run: Run, home: Path) -> None:
    first = run("init", "--admin-email", "me@example.com")
    assert first.code == 0
    assert "me@example.com with the password " in first.out
    assert (home / "keys").stat().st_mode & 0o777 == 0o600
    again = run("init")
    assert again.code == 0
    assert "password" not in again.out


def test_a_connection_from_adding_to_removing(instance: Run, export: Path) -> None:
    assert instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}").code == 0
    assert [each["name"] for each in instance("connection", "list", "--json").json] == ["book"]
    assert instance("connection", "show", "book", "--json").json["settings"]["path"] == str(export)
    findings = instance("connection", "check", "book", "--json")
    assert findings.code == 0
    assert {"name", "level", "detail", "fix"} == set(findings.json[0])
    assert instance("connection", "prepare", "book", "--json").code == 0

    told = instance("sync", "book", "--json").json
    assert set(told) >= SYNC_KEYS
    assert (told["status"], told["pushed"]) == ("done", 2)
    assert instance("sync", "book").out.rstrip().endswith("annotated 0; nothing to write.")

    shown = instance("show", "book", "1", "--json").json
    assert shown["annotation"]["stage_name"] == "unknown"
    assert instance("override", "book", "1", "--stage", "trust", "--reason", "I know her").code == 0
    assert instance("sync", "book", "--json").json["pushed"] == 1
    assert instance("override", "book", "1", "--clear").code == 0

    runs = instance("runs", "book", "--json").json
    assert [each["run"] for each in runs] == [3, 2, 1]
    assert instance("run", "show", "1", "--json").json["counts"]["pushed"] == 2
    assert instance("undo", "1", "--json").json["put_back"] == 1
    assert instance("resume", "book").code == 0
    assert instance("pause", "book").code == 0
    assert instance("resend", "book").code == 0
    assert instance("connection", "remove", "book", "--tags", "--json").json["connection"] == "book"
    assert instance("connection", "list", "--json").json == []


def test_a_dry_run_tells_what_would_change(instance: Run, export: Path) -> None:
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
    told = instance("sync", "book", "--dry-run", "--json").json
    assert (told["pushed"], told["would_push"]) == (0, 2)
    assert {"external_id": "1", "field": "crm_ext_stage", "old": "", "new": "unknown"} in told["changes"]


def test_a_secret_comes_from_a_file_or_standard_input_and_stays_hidden(instance: Run, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("pat-from-a-file\n")
    added = ("connection", "add", "hs", "--connector", "hubspot")
    assert instance(*added, "--set", f"access_token=@{secret}").code == 0
    assert instance("connection", "set", "hs", "--set", "access_token=-", stdin="pat-from-stdin\n").code == 0
    shown = instance("connection", "show", "hs", "--json").out
    assert "pat-from" not in shown
    assert "••••" in json.loads(shown)["settings"]["access_token"]


def test_keys_rotate_and_secrets_still_open(instance: Run, home: Path) -> None:
    instance("connection", "add", "hs", "--connector", "hubspot", "--set", "access_token=pat-1")
    assert instance("keys", "rotate").code == 0
    assert len((home / "keys").read_text().split()) == 2
    assert instance("connection", "show", "hs", "--json").json["settings"]["access_token"].startswith("•")


def test_people_are_added_and_changed(instance: Run) -> None:
    assert instance("user", "add", "li@example.com", "--role", "rep", "--password", "a long sentence").code == 0
    assert instance("user", "role", "li@example.com", "manager").code == 0
    assert "shown only now" in instance("user", "password", "li@example.com").out


def test_the_list_of_connectors_describes_each(run: Run) -> None:
    found = {each["slug"]: each for each in run("connectors", "--json").json}
    assert {"folder", "hubspot", "tryton"} <= set(found)
    path = next(each for each in found["folder"]["settings"] if each["name"] == "path")
    assert path["required"] is True
    assert set(path) == {"name", "label", "kind", "required", "secret", "default", "help"}
    assert "push_batch" in found["folder"]["capabilities"]


def test_every_command_has_help(run: Run) -> None:
    for name in COMMANDS:
        told = run(name, "--help")
        assert told.code == 0
        assert len(told.out.splitlines()) > 3, name


def test_a_run_that_fails_is_told_as_json_too(instance: Run, export: Path) -> None:
    (export / "contacts.csv").write_bytes(bytes(range(256)) * 8)
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
    told = instance("sync", "book", "--json")
    assert told.code == 1
    assert set(told.json) >= SYNC_KEYS
    assert (told.json["status"], told.json["pushed"]) == ("failed", 0)
    assert "contacts.csv" in told.err


def test_what_waits_is_not_called_nothing(instance: Run, export: Path) -> None:
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
    assert instance("sync", "book", "--no-push").out.endswith("annotated 2; 2 contacts wait to be written.\n")
    assert instance("sync", "book", "--limit", "1").out.endswith("wrote 1 contacts, 1 contacts wait to be written.\n")
    assert instance("sync", "book").out.endswith("wrote 1 contacts.\n")


def test_show_says_where_a_contact_stands(instance: Run, export: Path) -> None:
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
    instance("sync", "book")
    assert "Stage: unknown. Trust: 0.0, low (person 0.0, product 0.0, company 0.0)" in instance("show", "book", "1").out


def test_a_path_is_kept_as_seen_from_here(instance: Run, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(export.parent)
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export.name}")
    assert instance("connection", "show", "book", "--json").json["settings"]["path"] == str(export)
