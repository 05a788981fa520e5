"""The command line as a user calls it, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm_ext.cli import cli


@dataclass
class Told:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Told]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call `crm-ext` with these words; a traceback fails the test."""
    for name in ("DATABASE_URL", "SECRET_KEYS", "LANG", "TIMEZONE"):
        monkeypatch.delenv(f"CRM_EXT_{name}", raising=False)
    monkeypatch.setenv("CRM_EXT_HOME", str(home))

    def call(*words: str, stdin: str = "") -> Told:
        result = CliRunner().invoke(cli, list(words), input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Told(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def instance(run: Run) -> Run:
    """As `run`, on an instance that has been made."""
    assert run("init", "--admin-password", "correct horse battery").code == 0
    return run


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "contacts.csv").write_text("Contact ID,Name\n1,Ida Brook\n2,Tom Lund\n", encoding="utf-8")
    return folder
