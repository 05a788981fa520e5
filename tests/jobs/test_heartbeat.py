"""Signs of life: a worker that lives is seen, one that was killed is not; readiness says so."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from crm_ext.jobs import heartbeat
from crm_ext.store import db


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        db.session.rollback()
        time.sleep(0.05)


def test_a_worker_is_seen_while_it_lives(app: Flask) -> None:
    assert heartbeat.alive() == 0
    with heartbeat.beating():
        until(lambda: heartbeat.alive() == 1)
    until(lambda: heartbeat.alive() == 0)


def test_a_killed_worker_is_missed(app: Flask, environment: dict[str, str], monkeypatch) -> None:
    process = subprocess.Popen([sys.executable, "-m", "crm_ext", "worker"], env=environment)
    try:
        until(lambda: heartbeat.alive() == 1)
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.json["worker"]) == (200, "ok")
    finally:
        process.kill()
        process.wait()
    monkeypatch.setattr(heartbeat, "ALIVE", timedelta(seconds=0.5))
    until(lambda: heartbeat.alive() == 0)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["worker"]) == (503, "none")


def test_a_sign_from_the_future_is_of_no_worker(app: Flask, monkeypatch) -> None:
    """A clock was put back since: whoever gave it may be long gone."""
    with heartbeat.beating():
        until(lambda: heartbeat.alive() == 1)
        monkeypatch.setattr(heartbeat, "now", lambda: heartbeat_now() - timedelta(hours=1))
        monkeypatch.setattr(heartbeat.time, "time", lambda: time_now() - 3600)
        assert heartbeat.alive() == 0
        monkeypatch.undo()


heartbeat_now, time_now = heartbeat.now, time.time


def test_readiness_asks_the_broker(app: Flask, broker_url: str) -> None:
    app.extensions["crm_ext"] = replace(app.extensions["crm_ext"], broker_url=broker_url)
    assert app.test_client().get("/readyz").json["broker"] == "ok"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest@127.0.0.1:1//", "nothing://"])
def test_a_broker_that_is_away_is_said(app: Flask, url: str) -> None:
    app.extensions["crm_ext"] = replace(app.extensions["crm_ext"], broker_url=url)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["broker"], answer.json["database"]) == (503, "unreachable", "ok")
