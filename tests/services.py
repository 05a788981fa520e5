"""What tests need beside Python: each is looked for, and a test that lacks it says so.

In a continuous integration run (`CI=true`) everything must be there, so that nothing is left untested silently.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]
POSTGRESQL = os.environ.get("CRM_EXT_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
BROKERS = {
    "redis": os.environ.get("CRM_EXT_TEST_REDIS", "redis://127.0.0.1:6379/9"),
    "rabbitmq": os.environ.get("CRM_EXT_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHARED = Path(os.environ.get("CRM_EXT_SHARED") or ROOT.parent / "shared")


def missing(what: str) -> NoReturn:
    """Skip the test that lacks something; in a continuous integration run, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (CI=true: everything must be there)", pytrace=False)
    pytest.skip(what)


def listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True


def browser() -> str:
    """The path of an installed Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or missing("no Chromium on the path")
