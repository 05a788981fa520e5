"""What every test may ask for: an instance of its own, on SQLite and on PostgreSQL, and the services around it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from crm_ext.config import Config
from crm_ext.store import db
from crm_ext.web.app import create_app
from tests import services
from tests.databases import Postgresql, Sqlite

LONG = ("slow", "packaging", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long go first, so that side by side no core is left with one of them at the end."""
    long = {item.path for item in items if any(item.get_closest_marker(name) for name in LONG)}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sqlite | Postgresql]:
    """Where tests get their databases from: each test that asks runs once on every kind."""
    folder = tmp_path_factory.mktemp("databases")
    if request.param == "sqlite":
        made: Sqlite | Postgresql = Sqlite(folder)
    elif services.listening(services.POSTGRESQL):
        made = Postgresql(services.POSTGRESQL, folder)
    else:
        services.missing(f"no PostgreSQL answers at {services.POSTGRESQL}")
    yield made
    made.close()


@pytest.fixture
def database_url(databases: Sqlite | Postgresql) -> Iterator[str]:
    """A migrated database with nothing in it."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    home = tmp_path / "instance"
    home.mkdir()
    return Config(home=home, database_url=database_url)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The application in its context; the tables are there, nothing is in them."""
    app = create_app(config)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def environment(config: Config) -> dict[str, str]:
    """The environment for a command that is to work on this test's instance."""
    ours = {"CRM_EXT_HOME": str(config.home), "CRM_EXT_DATABASE_URL": config.database_url}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_EXT_")}
    return kept | ours | {"PYTHONPATH": str(services.ROOT)}


@pytest.fixture(params=list(services.BROKERS))
def broker_url(request: pytest.FixtureRequest) -> str:
    """Redis, then RabbitMQ."""
    url = services.BROKERS[request.param]
    return url if services.listening(url) else services.missing(f"no {request.param} answers at {url}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser, for Playwright's `executable_path`."""
    return services.browser()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of specifications and gold data that lies beside the checkout."""
    if not services.SHARED.is_dir():
        pytest.skip(f"no shared data at {services.SHARED}")
    return services.SHARED
