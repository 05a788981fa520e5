"""Word to administrators: once for each change, through a real mail server and a real web server."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Barrier, Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask
from sqlalchemy import select

from crm_ext.connector_api.errors import NeedsAttention, RetryLater
from crm_ext.store import db, now
from crm_ext.store.models import Connection, Notice, Run
from crm_ext.sync import alerting
from crm_ext.sync.limits import Stopped
from tests import factories

SECRET = "a secret to sign with"


class Letters:
    """What a mail server took."""

    def __init__(self) -> None:
        self.taken: list = []
        self.signed_in: list[tuple[bytes, bytes]] = []
        self.port = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - as the library calls it
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, given):
        self.signed_in.append((given.login, given.password))
        return AuthResult(success=given.password == b"p@ss word")


@pytest.fixture
def letters() -> Iterator[Letters]:
    made = Letters()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made.port = probe.getsockname()[1]
    server = Controller(
        made, hostname="127.0.0.1", port=made.port, authenticator=made.authenticate, auth_require_tls=False
    )
    server.start()
    yield made
    server.stop()


@pytest.fixture
def calls() -> Iterator[list]:
    """A web server that keeps what is posted to it, and answers as the test says."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.calls.append((dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 204)
            self.end_headers()

        def log_message(self, *args) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.calls, server.answers = [], []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(app: Flask, letters: Letters, calls) -> Connection:
    """A connection whose administrators are told by both ways."""
    given = app.extensions["crm_ext"]
    app.extensions["crm_ext"] = replace(
        given,
        smtp_url=f"smtp://crm:p%40ss%20word@127.0.0.1:{letters.port}",
        mail_from="crm-ext@example.com",
        alert_webhook_url=f"http://127.0.0.1:{calls.server_port}/hook",
        alert_webhook_secret=SECRET,
        public_url="https://crm.example.com",
    )
    factories.account("admin")
    return factories.connection()


def after(connection: Connection, status: str, error: Exception | None = None) -> Run:
    run = factories.run(connection, status, options={})
    alerting.note(run, error)
    db.session.commit()
    return run


def test_each_change_is_told_once_and_no_run_more(told: Connection, letters: Letters, calls) -> None:
    lost = NeedsAttention("The token is refused.", fix="Enter a new one.")
    for status, error in (
        ("done", None), ("failed", RetryLater("No answer.")), ("failed", RetryLater("No answer.")), ("failed", lost),
        ("partial", None), ("done", None), ("stopped", Stopped("changes", "Too much.", fix="")), ("done", None),
    ):  # fmt: skip
        after(told, status, error)
        alerting.deliver()
    assert alerting.deliver() == 0
    subjects = [letter["Subject"] for _, letter in letters.taken]
    words = ("fails", "no longer lets us in", "works again", "waits for your answer", "works again")
    assert len(subjects) == len(words)
    assert all(word in subject for word, subject in zip(words, subjects, strict=True))
    events = [json.loads(body)["event"].removeprefix("connection.") for _, body in calls.calls]
    assert events == ["failing", "locked_out", "recovered", "stopped", "recovered"]


def test_the_letter_says_what_and_where(told: Connection, letters: Letters, calls) -> None:
    run = after(told, "failed", NeedsAttention("The token is refused.", fix="Enter a new one."))
    alerting.deliver()
    ((to, letter),) = letters.taken
    assert (to, letter["From"]) == (["admin@example.com"], "crm-ext@example.com")
    text = letter.get_content()
    assert "The token is refused. Enter a new one." in text
    assert f"https://crm.example.com/runs/{run.id}" in text
    assert letters.signed_in == [(b"crm", b"p@ss word")]


def test_letters_are_in_the_installations_language(app: Flask, told: Connection, letters: Letters) -> None:
    app.extensions["crm_ext"] = replace(app.extensions["crm_ext"], lang="zh", alert_emails=("ops@example.com",))
    after(told, "failed", RetryLater("No answer."))
    alerting.deliver()
    ((to, letter),) = letters.taken
    assert to == ["ops@example.com"]
    assert "同步失败" in letter["Subject"]


def test_the_call_is_signed(told: Connection, calls) -> None:
    after(told, "failed", RetryLater("No answer."))
    alerting.deliver()
    ((headers, body),) = calls.calls
    stamp, signed = (each.partition("=")[2] for each in headers["X-Crm-Ext-Signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(wanted, signed)
    assert abs(int(stamp) - now().timestamp()) < 600


def test_what_could_not_be_sent_is_tried_again_later(told: Connection, calls, monkeypatch) -> None:
    calls.answers[:] = [500, 302]
    after(told, "failed", RetryLater("No answer."))
    for expected, reason in ((1, "answered 500"), (1, "answered 302"), (2, "")):
        alerting.deliver()
        notice = db.session.scalars(select(Notice).where(Notice.channel == "webhook")).one()
        assert (reason in notice.reason, bool(notice.sent_at)) == (True, expected == 2)
        assert alerting.deliver() == 0
        if notice.due_at:
            notice.due_at = now() - timedelta(seconds=1)
            db.session.commit()
    assert len(calls.calls) == 3
    assert len({headers["X-Crm-Ext-Delivery"] for headers, _ in calls.calls}) == 1


def test_it_gives_up_after_a_while(told: Connection, calls) -> None:
    calls.answers[:] = [500] * 50
    after(told, "failed", RetryLater("No answer."))
    for _ in range(alerting.ATTEMPTS + 3):
        alerting.deliver()
        for notice in db.session.scalars(select(Notice).where(Notice.due_at.is_not(None))):
            notice.due_at = now() - timedelta(seconds=1)
        db.session.commit()
    assert len(calls.calls) == alerting.ATTEMPTS


def test_two_workers_send_it_once(app: Flask, told: Connection, letters: Letters, calls) -> None:
    after(told, "failed", RetryLater("No answer."))
    barrier = Barrier(4)

    def worker() -> None:
        with app.app_context():
            barrier.wait()
            alerting.deliver()

    workers = [Thread(target=worker) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert (len(letters.taken), len(calls.calls)) == (1, 1)


def test_without_a_way_nothing_is_kept_to_be_sent(app: Flask) -> None:
    connection = factories.connection()
    after(connection, "failed", RetryLater("No answer."))
    assert db.session.scalars(select(Notice)).all() == []
    assert alerting.shown(connection)["state"] == "failing"
