"""`python -m tests.bench.hubspot [CONTACTS …]`: what a HubSpot account of this size costs.

The account is another process. Prints requests beside the least that pages and batches allow, CPU seconds per 1,000
contacts with five activities each (pulling, mapping and storing; reading the texts, which is the same for every CRM;
writing), and the time a run takes beside the one that HubSpot's limit dictates.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from flask_migrate import upgrade

from crm_ext.config import Config
from crm_ext.store import db, vault
from crm_ext.store.models import Connection
from crm_ext.sync import connections, engine, runs
from crm_ext.sync.reading import Reading
from crm_ext.sync.work import Options
from crm_ext.web.app import create_app
from tests.services import ROOT

SIZES = (1_000, 6_000)
TOKEN = "pat-na1-secret"
PAGE = BATCH = 100
LIMIT, WINDOW = 100, 10.0
ONCE = 4
"""Requests once in a connection's life: whose account it is, and our properties."""


@dataclass(frozen=True)
class Figures:
    """Of one first run: requests, CPU seconds by phase, wall seconds, and answers that refused."""

    contacts: int
    read: int
    least_read: int
    written: int
    read_cpu: float
    text_cpu: float
    write_cpu: float
    seconds: float
    refused: int

    @property
    def least_written(self) -> int:
        return ceil(self.contacts / BATCH)

    @property
    def dictated(self) -> float:
        """Seconds that the limit alone takes for as many requests as were sent."""
        return (ceil((self.read + self.written + ONCE) / LIMIT) - 1) * WINDOW

    def line(self) -> str:
        per = 1000 / self.contacts
        return (
            f"{self.contacts:>6,} contacts  read: {self.read} requests (least {self.least_read}), "
            f"{self.read_cpu * per:.2f} CPU s per 1,000 and {self.text_cpu * per:.2f} for the texts  "
            f"written: {self.written} (least {self.least_written}), {self.write_cpu * per:.2f} CPU s per 1,000  "
            f"took {self.seconds:.1f} s where the limit dictates {self.dictated:.0f} s  {self.refused} answers 429"
        )


@contextmanager
def account(contacts: int, limit: int) -> Iterator[str]:
    """An account behind HTTP, in a process of its own; its address."""
    words = [sys.executable, "-m", "tests.doubles.hubspot", "--contacts", str(contacts), "--limit", str(limit)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """An instance of its own with a connection to the account."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config(home=Path(folder), database_url=f"sqlite:///{folder}/bench.sqlite")
        app = create_app(config)
        with app.app_context():
            upgrade()
            vault.make_key_file(config)
            yield connections.add("bench", "hubspot", {"base_url": url, "access_token": TOKEN}, actor="bench")
            db.session.remove()
            db.engine.dispose()


def state(url: str) -> dict[str, Any]:
    with urlopen(f"{url}/_admin/state") as answer:
        return dict(json.load(answer))


def least(found: dict[str, int]) -> int:
    """Requests for every object in pages of a hundred, associations along with them."""
    return sum(max(1, ceil(number / PAGE)) for number in found.values())


@contextmanager
def timed_reading() -> Iterator[list[float]]:
    """CPU seconds that reading of texts takes, page by page; the recognisers are loaded before."""
    spent: list[float] = []
    read = Reading.__call__

    def timed(self: Reading, records: Sequence[Any]) -> Any:
        began = time.thread_time()
        try:
            return read(self, records)
        finally:
            spent.append(time.thread_time() - began)

    Reading.__call__ = timed
    try:
        yield spent
    finally:
        Reading.__call__ = read


def measured(contacts: int, limit: int = LIMIT) -> Figures:
    with account(contacts, limit) as url, connected(url) as connection:
        connections.prepare(connection)
        began, before = time.monotonic(), state(url)["requests"]
        with runs.under_way(connection, "sync", Options()) as work, timed_reading() as text_cpu:
            cpu = [time.process_time()]
            engine.pull_all(work)
            cpu.append(time.process_time())
            read = state(url)["requests"]
            engine.portfolio.renew(work)
            engine.judge_all(work)
            cpu.append(time.process_time())
            engine.push_all(work)
            cpu.append(time.process_time())
            assert work.counts["pushed"] == contacts, work.counts
        after = state(url)
        return Figures(
            contacts=contacts,
            read=read - before,
            least_read=least(after["objects"]),
            written=after["requests"] - read,
            read_cpu=cpu[1] - cpu[0] - sum(text_cpu),
            text_cpu=sum(text_cpu),
            write_cpu=cpu[3] - cpu[2],
            seconds=time.monotonic() - began,
            refused=after["statuses"].get("429", 0),
        )


if __name__ == "__main__":
    for size in [int(each) for each in sys.argv[1:]] or SIZES:
        print(measured(size).line(), flush=True)
