"""Wrong use is met with one line that names the place and the fix."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.cli.conftest import Run
from tests.services import ROOT

ADD = ("connection", "add", "book", "--connector", "folder")


def refused(told: object, *words: str) -> None:
    assert told.code == 1, told  # type: ignore[attr-defined]
    line = told.err.strip()  # type: ignore[attr-defined]
    assert "\n" not in line
    for word in words:
        assert word in line


def test_without_an_instance(run: Run) -> None:
    refused(run("runs"), "no instance here yet", "crm-ext init")


def test_a_missing_folder(instance: Run, tmp_path: Path) -> None:
    instance(*ADD, "--set", f"path={tmp_path}/nowhere")
    refused(instance("sync", "book"), "nowhere")
    assert instance("connection", "check", "book").code == 1


def test_a_file_that_is_no_csv(instance: Run, export: Path) -> None:
    (export / "contacts.csv").write_bytes(bytes(range(256)) * 8)
    instance(*ADD, "--set", f"path={export}")
    refused(instance("sync", "book"), "contacts.csv")


def test_an_unknown_setting_and_a_missing_one(instance: Run) -> None:
    refused(instance(*ADD, "--set", "pfad=/x"), "path: is missing", "pfad: is unknown", "This connector knows: path")


def test_an_unknown_connector(instance: Run) -> None:
    refused(instance("connection", "add", "x", "--connector", "salesfarce"), "'salesfarce'", "There are: ", "folder")


def test_a_name_twice(instance: Run, export: Path) -> None:
    assert instance(*ADD, "--set", f"path={export}").code == 0
    refused(instance(*ADD, "--set", f"path={export}"), "'book' already")


def test_a_run_that_does_not_exist(instance: Run) -> None:
    refused(instance("undo", "77"), "no run 77")


def test_a_config_file_that_is_no_json(instance: Run, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{path: x}")
    refused(instance(*ADD, "--config", str(file)), "settings.json", "JSON")


def test_wrong_words_exit_with_two(instance: Run) -> None:
    assert instance("sync").code == 2
    assert instance(*ADD, "--set", "path").code == 2
    assert instance("flee").code == 2


def test_a_wrong_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_EXT_TIMEZONE", "Mars/Olympus")
    refused(run("runs"), "CRM_EXT_TIMEZONE", "Mars/Olympus")


def test_a_database_of_another_release_or_application(instance: Run, home: Path) -> None:
    def revision(value: str) -> None:
        with closing(sqlite3.connect(home / "crm_ext.sqlite")) as database, database:
            database.execute("UPDATE alembic_version SET version_num = ?", [value])

    revision("9999")
    refused(instance("runs"), "later release")
    refused(instance("init"), "later release")
    with closing(sqlite3.connect(home / "crm_ext.sqlite")) as database, database:
        database.execute("DELETE FROM alembic_version")
    refused(instance("init"), "another application")


def test_a_database_that_cannot_be_reached(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    monkeypatch.setenv("CRM_EXT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    refused(run("runs"), "cannot be reached", "CRM_EXT_DATABASE_URL")


def test_a_lost_key(instance: Run, home: Path) -> None:
    instance("connection", "add", "hs", "--connector", "hubspot", "--set", "access_token=pat-1")
    (home / "keys").write_text("")
    refused(instance("connection", "check", "hs"), "crm-ext init")
    (home / "keys").unlink()
    instance("init")
    refused(instance("connection", "check", "hs"), "another key", "connection set")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "CRM_EXT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "crm_ext", "serve", "--port", str(port)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            for _ in range(300):
                try:
                    requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
                    break
                except requests.ConnectionError:
                    time.sleep(0.2)
            yield server
        finally:
            server.terminate()


def test_a_port_in_use_and_a_second_server(instance: Run, home: Path) -> None:
    port = free_port()
    with serving(home, port):
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
        refused(instance("serve", "--port", str(port)), f"Port {port}", "--port")
        refused(instance("serve", "--port", str(free_port())), "Another server")


def test_a_file_that_is_no_text_and_one_that_cannot_be_made(instance: Run, export: Path, tmp_path: Path) -> None:
    instance(*ADD, "--set", f"path={export}")
    file = tmp_path / "mapping.json"
    file.write_bytes(b"\xff\xfe{")
    refused(instance("connection", "mapping", "book", "--import", str(file)), "mapping.json", "UTF-8")
    refused(instance(*ADD, "--config", str(file)), "mapping.json", "UTF-8")
    refused(instance("connection", "mapping", "book", "--export", str(tmp_path / "no" / "x.json")), "x.json")
    refused(instance("sample-data", "/dev/null/export", "--contacts", "2"), "/dev/null/export")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[1]", "no JSON object"),
        ('{"felder": {}}', "'felder' is unknown"),
        ('{"fields": {"contacts": 3}}', "'fields' holds no object"),
        ('{"fields": {"people": {}}}', "'people' is none of"),
    ],
)
def test_a_mapping_of_another_shape(instance: Run, export: Path, tmp_path: Path, text: str, word: str) -> None:
    instance(*ADD, "--set", f"path={export}")
    file = tmp_path / "mapping.json"
    file.write_text(text)
    refused(instance("connection", "mapping", "book", "--import", str(file)), word, '{"fields": ')


def test_a_secret_that_does_not_come(instance: Run) -> None:
    instance("connection", "add", "hs", "--connector", "hubspot", "--set", "access_token=pat-1")
    refused(instance("connection", "set", "hs", "--set", "access_token=-", stdin=""), "standard input", "@FILE")
    assert instance("connection", "show", "hs", "--json").json["settings"]["access_token"]
    assert instance("connection", "set", "hs").code == 2


def test_a_database_that_is_none(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "crm_ext.sqlite").write_text("something else")
    refused(run("runs"), "not a database", "CRM_EXT_HOME")
    refused(run("init"), "not a database")
    for url in ("nonsense", "mysql://root@127.0.0.1/x"):
        monkeypatch.setenv("CRM_EXT_DATABASE_URL", url)
        refused(run("runs"), "CRM_EXT_DATABASE_URL", "postgresql://")


def test_a_broker_that_is_none(instance: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_EXT_BROKER_URL", "ftp://x")
    told = instance("doctor", "--json")
    assert told.code == 1
    assert "CRM_EXT_BROKER_URL names no broker." in [each["detail"] for each in told.json["findings"]]


def test_secrets_whose_key_is_lost_are_entered_again(instance: Run, home: Path) -> None:
    instance("connection", "add", "hs", "--connector", "hubspot", "--set", "access_token=pat-1")
    (home / "keys").unlink()
    instance("init")
    refused(instance("sync", "hs"), "another key")
    assert instance("runs", "--json").json[0]["status"] == "failed"
    assert instance("connection", "list", "--json").json[0]["settings"]["access_token"] is None
    refused(instance("connection", "set", "hs", "--set", "look_back=90"), "another key")
    assert instance("connection", "set", "hs", "--set", "access_token=pat-2").code == 0
    assert instance("connection", "show", "hs", "--json").json["settings"]["access_token"]


def test_a_worker_ends_with_its_server_where_interrupts_are_ignored(instance: Run, home: Path) -> None:
    environment = {**os.environ, "CRM_EXT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    script = f"trap '' INT; exec {sys.executable} -m crm_ext worker --until-closed"
    with subprocess.Popen(["sh", "-c", script], env=environment, stdin=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        worker.stdin.close()
        try:
            assert worker.wait(timeout=120) == 0
        finally:
            worker.kill()


def test_an_empty_password_is_not_replaced_by_one_that_nobody_sees(instance: Run) -> None:
    refused(instance("user", "password", "admin@example.com", "--password", ""), "0 characters")
    refused(instance("user", "add", "li@example.com", "--password", ""), "0 characters")
