"""`make run`, as a newcomer types it: what is missing is said in a sentence, and the second time is quick."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.packaging.installs import borrow, copied

pytestmark = pytest.mark.packaging
MAKE = shutil.which("make") or "make"
PATIENCE = 240


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose .venv borrows the libraries of the test run: fetching them is what test_installs tries."""
    folder = copied(tmp_path_factory.mktemp("clone") / "crm-ext")
    venv.create(folder / ".venv")
    borrow(folder / ".venv" / "bin" / "python", folder)
    (folder / ".venv" / ".installed").touch()
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_EXT_", "PYTHON", "MAKE"))}
    return kept | {"PYTHONUNBUFFERED": "1"} | more


def make(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MAKE, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def served(folder: Path, log: Path) -> Iterator[tuple[str, float]]:
    """`make run` until its pages answer: their address and the seconds that took."""
    port, begun = free_port(), time.monotonic()
    with log.open("w") as output:
        running = subprocess.Popen(
            [MAKE, "run", f"PORT={port}"],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not answers(f"http://127.0.0.1:{port}/healthz"):
                assert running.poll() is None, log.read_text()
                assert time.monotonic() - begun < PATIENCE, log.read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", time.monotonic() - begun
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(60)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def sign_in(url: str, email: str, password: str) -> requests.Response:
    """Sign in as a browser does: with the form's own fields."""
    session = requests.Session()
    page = session.get(url, timeout=30)
    inputs = (dict(re.findall(r'([a-z]+)="([^"]*)"', each)) for each in re.findall(r"<input[^>]*>", page.text))
    hidden = {each["name"]: each.get("value", "") for each in inputs if each.get("type") == "hidden"}
    return session.post(page.url, data={**hidden, "email": email, "password": password}, timeout=30)


def test_two_runs_of_make_run(checkout, tmp_path):
    with served(checkout, tmp_path / "first") as (url, _):
        said = (tmp_path / "first").read_text()
        assert url in said
        email, password = re.search(r"(\S+@\S+) with the password (\S+)", said).groups()
        home = sign_in(url, email, password)
        assert home.status_code == 200
        assert 'name="password"' not in home.text, home.text
    export = sorted((checkout / "instance" / "sample").iterdir())
    written = {path: path.stat().st_mtime_ns for path in export}
    with served(checkout, tmp_path / "second") as (url, seconds):
        said = (tmp_path / "second").read_text()
        assert url in said
        assert f"user password {email}" in said
        assert seconds < 20
    assert {path: path.stat().st_mtime_ns for path in export} == written


def test_a_port_in_use_is_a_sentence(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = make(checkout, "run", f"PORT={port}")
    assert done.returncode
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def bare(checkout, tmp_path):
    """A clone without an environment."""
    shutil.copy(checkout / "Makefile", tmp_path)
    shutil.copy(checkout / "setup.cfg", tmp_path)
    shutil.copy(checkout / "pyproject.toml", tmp_path)
    return tmp_path


def test_no_python_is_a_sentence(bare):
    done = make(bare, "run", PATH=str(bare))
    assert done.returncode
    assert "crm-ext needs Python 3.11 or newer" in done.stderr


def test_an_old_python_is_a_sentence(bare):
    (bare / "old").write_text("#!/bin/sh\nexit 1\n")
    (bare / "old").chmod(0o755)
    done = make(bare, "run", "PYTHON=./old")
    assert done.returncode
    assert "./old is not Python 3.11 or newer" in done.stderr


def test_a_python_without_venv_is_a_sentence(bare):
    (bare / "python3").write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n')
    (bare / "python3").chmod(0o755)
    done = make(bare, "run", PATH=str(bare))
    assert done.returncode
    assert "Install its venv module" in done.stderr


def test_make_help_lists_every_target(checkout):
    listed = set(re.findall(r"^make ([a-z]+)", make(checkout, "help").stdout, re.MULTILINE))
    declared = re.search(r"^\.PHONY: (.*)$", (checkout / "Makefile").read_text(), re.MULTILINE)
    assert set(declared[1].split()) == listed
