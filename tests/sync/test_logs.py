"""Log lines: form, ids, and no secrets."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask

from crm_ext.store import vault
from crm_ext.sync import connections, logs


def line(form: str, words: str, *args: object, **more: object) -> str:
    record = logging.LogRecord("crm_ext.sync", logging.INFO, "here.py", 1, words, args, None)
    record.__dict__.update(more)
    return logs.FORMS[form]().format(record)


def test_a_line_bears_the_run_and_the_connection() -> None:
    with logs.about(connection="crm"), logs.about(run=7):
        told = json.loads(line("json", "wrote %s", 3, facts={"pushed": 3}))
        assert "connection=crm run=7" in line("text", "wrote")
    assert {**told, "at": ""} == {
        "at": "", "level": "info", "logger": "crm_ext.sync", "message": "wrote 3",
        "connection": "crm", "run": 7, "pushed": 3,
    }  # fmt: skip
    assert "run" not in json.loads(line("json", "later"))


def test_a_line_is_one_line_of_json_whatever_it_says() -> None:
    assert json.loads(line("json", 'two\nlines "and" 中文'))["message"] == 'two\nlines "and" 中文'
    assert "\n" not in line("json", "two\nlines")


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_of_connections_never_stand_in_a_line(app: Flask, form: str) -> None:
    vault.make_key_file(app.extensions["crm_ext"])
    given = {"base_url": "https://crm.example.com", "database": "d", "login": "me", "password": 'a"quoted" word'}
    made = connections.add("crm", "tryton", given, actor="test")
    told = line(form, 'The CRM says: a"quoted" word is wrong', facts={"detail": 'a"quoted" word'})
    assert "quoted" not in told
    connections.update(made, {"password": "another one"}, actor="test")
    assert "another one" not in line(form, "another one")


@pytest.mark.parametrize(
    "words",
    [
        "Authorization: tok-12345",
        "sent password=tok-12345&x=1",
        '{"access_token": "tok-12345"}',
        "api_key: tok-12345",
        "at postgresql://me:tok-12345@host/db",
    ],
)
def test_what_looks_like_a_secret_does_not_either(words: str) -> None:
    assert "tok-12345" not in line("text", words)
    assert "tok-12345" not in line("json", words)
