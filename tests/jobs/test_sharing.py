"""Workers on PostgreSQL share a run that a broker calls them to; killing one loses and repeats nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from crm_ext.config import Config
from crm_ext.jobs import heartbeat
from crm_ext.store import db, vault
from crm_ext.store.models import PartRow, Run
from crm_ext.sync import connections, parts, runs
from crm_ext.sync.work import Options
from crm_ext.web.app import create_app
from tests import services
from tests.chaos.trial import TOKEN, Slow, line
from tests.databases import Postgresql
from tests.doubles.hubspot import HubSpotDouble
from tests.doubles.hubspot_portal import Portal
from tests.doubles.hubspot_seed import seeded

CONTACTS = 600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgresql]:
    if not services.listening(services.POSTGRESQL):
        services.missing(f"no PostgreSQL answers at {services.POSTGRESQL}")
    made = Postgresql(services.POSTGRESQL, tmp_path_factory.mktemp("sharing"))
    yield made
    made.close()


@pytest.fixture
def crm() -> Iterator[tuple[Slow, Portal, str]]:
    with line() as (slow, address):
        portal = seeded(CONTACTS, activities=1)
        slow.begin(HubSpotDouble(portal, limit=(10_000, 10.0)))
        yield slow, portal, address


@pytest.fixture
def shared(broker_url: str, server: Postgresql, tmp_path: Path) -> Iterator[Flask]:
    """The application of an instance whose workers this broker calls."""
    with server.fresh() as database:
        app = create_app(Config(home=tmp_path, database_url=database, broker_url=broker_url))
        with app.app_context():
            vault.make_key_file(app.extensions["crm_ext"])
            yield app
            db.session.remove()
            db.engine.dispose()


@contextmanager
def worker(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    config = app.extensions["crm_ext"]
    ours = {"HOME": str(config.home), "DATABASE_URL": config.database_url, "BROKER_URL": config.broker_url}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_EXT_")}
    environment = kept | {f"CRM_EXT_{name}": value for name, value in ours.items()} | {"PYTHONPATH": str(services.ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "crm_ext", "worker"], env=environment, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker with all of its processes, as a power cut does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        db.session.rollback()
        time.sleep(0.02)


def holders() -> set[str]:
    return set(db.session.scalars(select(PartRow.holder).where(~PartRow.done))) - {""}


def written(portal: Portal) -> Mapping[str, int]:
    return dict(portal.writes)


def over(run: Run) -> bool:
    db.session.refresh(run)
    return run.status not in (runs.QUEUED, runs.RUNNING)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broker_url", "victim"), [("redis", "leader"), ("rabbitmq", "helper")], indirect=["broker_url"]
)
def test_one_of_two_workers_is_killed(shared: Flask, crm: tuple[Slow, Portal, str], victim: str) -> None:
    _, portal, address = crm
    settings = {"base_url": address, "access_token": TOKEN, "first_writes": CONTACTS}
    connection = connections.add("crm", "hubspot", settings, actor="test")
    with worker(shared) as one, worker(shared) as other:
        until(lambda: heartbeat.alive() == 2)
        run = runs.request(connection, Options())
        until(lambda: len(holders()) > 1)
        helping = next(each for each in holders() if each != parts.COORDINATOR)
        helper, leader = (one, other) if os.getpgid(int(helping.partition(":")[2])) == one.pid else (other, one)
        kill(leader if victim == "leader" else helper)
        until(lambda: over(run))
    assert (run.status, run.error) == ("done", "")
    assert len(written(portal)) == CONTACTS
    assert set(written(portal).values()) == {1}
    assert run.counts["pushed"] == CONTACTS
    assert db.session.scalars(select(PartRow)).all() == []
