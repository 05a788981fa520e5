"""One trial: a sync against a CRM over real HTTP, in a process of its own, that may be killed at any moment."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request

from crm_ext.connector_api.testing.serving import served
from tests.doubles.hubspot import HubSpotDouble
from tests.doubles.hubspot_portal import Portal
from tests.doubles.hubspot_seed import seeded
from tests.services import ROOT

TOKEN = "pat-na1-secret"
READ, BEFORE, AFTER = 0.02, 0.15, 0.15
"""Seconds that the CRM takes: for an answer, before a write is applied, and after it was."""


class Slow:
    """The CRM as it is over a real line: everything takes a while, and a write is applied in the middle of it."""

    def __init__(self, app: Any) -> None:
        self.begin(app)

    def begin(self, app: Any) -> None:
        """Put another CRM at the end of the line."""
        self.app = app
        self.requests = 0
        self.asked = threading.Condition()
        self.writing = threading.Event()

    def wait_for(self, number: int) -> None:
        """Wait until so many requests have been asked."""
        with self.asked:
            assert self.asked.wait_for(lambda: self.requests >= number, timeout=90), f"only {self.requests} requests"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with self.asked:
            self.requests += 1
            self.asked.notify_all()
        if not Request(environ).path.endswith("/batch/update"):
            time.sleep(READ)
            return self.app(environ, start_response)
        self.writing.set()
        time.sleep(BEFORE)
        answer = list(self.app(environ, start_response))
        time.sleep(AFTER)
        return answer


@dataclass
class Trial:
    """A CRM with contacts, an instance connected to it, and the command that syncs them."""

    home: Path
    portal: Portal
    slow: Slow
    hits: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_EXT_")}
        return kept | {"CRM_EXT_HOME": str(self.home), "PYTHONPATH": str(ROOT)}

    def command(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "crm_ext", *words],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *words: str) -> str:
        with self.command(*words) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    def kill(self, process: subprocess.Popen[str]) -> bool:
        """End the process as a power cut does; says whether it was alive."""
        alive = process.poll() is None
        if alive:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        return alive

    def phase(self) -> str:
        """Where the run stood, as the database tells after a kill."""
        with closing(sqlite3.connect(self.home / "crm_ext.sqlite")) as database:
            if database.execute("SELECT 1 FROM outbox WHERE state = 'sending'").fetchone():
                return "sent"
            row = database.execute("SELECT phase FROM runs ORDER BY id DESC LIMIT 1").fetchone()
            return str(row[0].split()[0]) if row and row[0] else "begun"

    def tags(self) -> dict[int, dict[str, str]]:
        """Our fields at every contact, as the CRM holds them."""
        people = self.portal.things["contacts"]
        return {
            number: {name: value for name, value in thing.properties.items() if name.startswith("crm_ext_")}
            for number, thing in people.items()
        }

    def writes(self) -> Mapping[str, int]:
        return dict(self.portal.writes)


@contextmanager
def line() -> Iterator[tuple[Slow, str]]:
    """The slow line to a CRM; which CRM is at its other end can be changed while it stands."""
    slow = Slow(HubSpotDouble(seeded(1)))
    with served(slow) as address:
        yield slow, address


def instance(home: Path, address: str) -> Path:
    """An instance connected to the CRM at the address, to be copied for each trial."""
    made = Trial(home, seeded(1), Slow(None))
    made.finish("init", "--admin-password", "correct horse battery")
    made.finish("connection", "add", "crm", "--connector", "hubspot", *_settings(address))
    return home


def _settings(address: str) -> list[str]:
    return ["--set", f"access_token={TOKEN}", "--set", f"base_url={address}"]


def trial(home: Path, template: Path, slow: Slow, contacts: int) -> Trial:
    """A fresh CRM at the end of the line, and a fresh copy of the instance."""
    portal = seeded(contacts, activities=1)
    slow.begin(HubSpotDouble(portal, limit=(10_000, 10.0)))
    shutil.copytree(template, home)
    return Trial(home, portal, slow)
