"""What the README tells people to type is typed here, in its order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from crm_ext.sample.export import write
from tests.services import ROOT

README = (ROOT / "README.md").read_text("utf-8")
LINES = [shlex.split(line) for line in re.findall(r"^    crm-ext (.+)$", README, re.MULTILINE)]
CRM = ["--connector", "tryton", "--config", "tryton.json"]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    write(folder, contacts=20, seed=1, as_of=date(2026, 6, 30))
    return folder


def placed(words: list[str], export: Path) -> list[str]:
    """A quoted command on what is here: the made-up export instead of a Tryton server and of /data/export."""
    here = [f"path={export}" if word == "path=/data/export" else word for word in words]
    at = here.index("--connector") if here[-4:] == CRM else len(here)
    return here[:at] + (["--connector", "folder", "--set", f"path={export}"] if at < len(here) else [])


@pytest.mark.slow
def test_the_commands_work_as_quoted(environment, export, tmp_path):
    """All but `serve`, which does not end: `make run` serves in tests/packaging."""
    assert ["serve"] in LINES
    for words in LINES:
        if words != ["serve"]:
            command = [sys.executable, "-m", "crm_ext", *placed(words, export)]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{words}: {done.stderr}"
    assert (export / "contacts.annotated.csv").is_file()


def test_the_application_works_as_quoted(environment, tmp_path):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    asked = "print(app.test_client().get('/crm-ext/', follow_redirects=True).status_code)"
    command = [sys.executable, "-c", f"{code}\n{asked}"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["200"], done.stderr
