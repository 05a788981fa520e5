"""A real trytond: installed once into a cached environment, initialised and filled once, copied for each session."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests import services

PACKAGES = (
    "trytond==8.2.1",
    "trytond-party==8.2.0",
    "trytond-party-relationship==8.2.0",
    "trytond-sale-opportunity==8.2.0",
    "proteus==8.2.0",
)
MODULES = ("party", "party_relationship", "sale_opportunity")
PASSWORD = "s3cret-of-tests"
CACHE = Path(os.environ.get("CRM_EXT_TEST_CACHE") or Path.home() / ".cache" / "crm-ext-tests")
KEY = hashlib.sha256(" ".join((*PACKAGES, *MODULES, PASSWORD, sys.version)).encode()).hexdigest()[:12]
HOME = CACHE / f"trytond-{KEY}"
PYTHON = HOME / "env" / "bin" / "python"
PATIENCE = 120


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time fills the cache."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def installed() -> None:
    """Install trytond, unless it is there; skip (in CI: fail) with pip's own words if it cannot be had."""
    done = HOME / "installed"
    if done.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", HOME / "env"], check=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    ran = subprocess.run(pip, capture_output=True, text=True, check=False)
    if ran.returncode:
        services.missing(f"trytond cannot be installed: {ran.stderr.strip().splitlines()[-1]}")
    done.touch()


def environment(folder: Path, port: int = 0) -> dict[str, str]:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    return {
        **os.environ,
        "TRYTOND_DATABASE__URI": "sqlite://",
        "TRYTOND_DATABASE__PATH": str(folder),
        "TRYTOND_WEB__LISTEN": f"127.0.0.1:{port}",
        "TRYTONPASSFILE": str(secret),
    }


def initialised() -> Path:
    """An initialised database without records, as a file in the cache."""
    base = HOME / "base" / "crm.sqlite"
    if not (HOME / "initialised").exists():
        base.parent.mkdir(exist_ok=True)
        base.write_bytes(b"")
        command = [HOME / "env" / "bin" / "trytond-admin", "-d", "crm", "--all", "--email", "admin@example.com"]
        command += ["-u", *MODULES, "--activate-dependencies"]
        subprocess.run(command, check=True, env=environment(base.parent), capture_output=True)
        (HOME / "initialised").touch()
    return base


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Serve `folder/crm.sqlite`; yields the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "trytond.log").open("w") as log:
        command = [HOME / "env" / "bin" / "trytond", "-d", "crm"]
        process = subprocess.Popen(command, env=environment(folder, port), stdout=log, stderr=log)
    try:
        yield answering(f"http://127.0.0.1:{port}", process, folder / "trytond.log")
    finally:
        process.terminate()
        process.wait(timeout=30)


def answering(base_url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    asked = {"id": 0, "method": "common.server.version", "params": []}
    for _ in range(PATIENCE * 4):
        assert process.poll() is None, f"trytond ended: {log.read_text()[-2000:]}"
        try:
            requests.post(f"{base_url}/rpc/", json=asked, timeout=5).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.25)
        else:
            return base_url
    raise AssertionError(f"trytond did not answer within {PATIENCE} s: {log.read_text()[-2000:]}")


def copied(source: Path, target: Path) -> None:
    """Put a database's content in the place of another's, also while a server has it open."""
    with sqlite3.connect(source) as new, sqlite3.connect(target, timeout=30) as old:
        new.backup(old)
