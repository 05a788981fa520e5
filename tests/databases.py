"""Databases for tests: made once by the migrations, then copied for each test that asks for one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from flask_migrate import upgrade
from sqlalchemy import URL, create_engine, make_url, text

from crm_ext.config import Config
from crm_ext.store import db
from crm_ext.web.app import create_app


def migrate(url: str, home: Path) -> None:
    app = create_app(Config(home=home, database_url=url))
    with app.app_context():
        upgrade()
        db.engine.dispose()


class Sqlite:
    """Files in a folder of the test run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite"
        migrate(f"sqlite:///{self.template}", folder)

    @contextmanager
    def fresh(self, *, empty: bool = False) -> Iterator[str]:
        path = self.folder / f"{uuid4().hex}.sqlite"
        if not empty:
            shutil.copyfile(self.template, path)
        yield f"sqlite:///{path}"
        for each in self.folder.glob(f"{path.name}*"):
            each.unlink()

    def close(self) -> None:
        self.template.unlink()


class Postgresql:
    """Databases on a server; every one is dropped after its test, whoever is still connected."""

    def __init__(self, server: str, home: Path) -> None:
        self.server = make_url(server).set(drivername="postgresql+psycopg")
        self.engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        self.template = self._created("template0")
        migrate(self._url(self.template), home)

    @contextmanager
    def fresh(self, *, empty: bool = False) -> Iterator[str]:
        name = self._created("template0" if empty else self.template)
        try:
            yield self._url(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        self._run(f'DROP DATABASE "{self.template}" WITH (FORCE)')
        self.engine.dispose()

    def _created(self, template: str) -> str:
        name = f"crm_ext_test_{uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return name

    def _url(self, name: str) -> str:
        return URL.render_as_string(self.server.set(database=name), hide_password=False)

    def _run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))
