"""Secrets at rest: encrypted with the first key, read with any, so that keys can be rotated."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from crm_ext.config import Config
from crm_ext.errors import CrmExtError

KEY_FILE = "keys"


class KeyProblem(CrmExtError):
    """The key that a secret was encrypted with is missing or unusable."""


def make_key_file(config: Config) -> Path:
    """Write a first key into the instance folder, readable by its owner only; leaves one that exists."""
    path = config.home / KEY_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
    return path


def add_key(config: Config, key: str) -> None:
    """Put a key first in the key file; a crash leaves either the old file or the new one."""
    path = config.home / KEY_FILE
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join([key, *keys(config)]) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def keys(config: Config) -> tuple[str, ...]:
    """The keys in use, first the one that encrypts: from the environment, else from the key file."""
    if config.secret_keys:
        return config.secret_keys
    path = config.home / KEY_FILE
    if not path.exists():
        raise KeyProblem(f"There is no key file at {path}.", fix="Run: crm-ext init")
    found = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    if not found:
        raise KeyProblem(f"The key file {path} is empty.", fix="Put the keys back, or remove it and run: crm-ext init")
    return found


def vault(config: Config) -> MultiFernet:
    """What encrypts with the first key and reads with any. Raises KeyProblem without a usable key."""
    try:
        return MultiFernet([Fernet(key) for key in keys(config)])
    except ValueError as error:
        raise KeyProblem("A key in CRM_EXT_SECRET_KEYS or the key file is not a Fernet key.") from error


def sealed(config: Config, values: Mapping[str, Any]) -> str:
    return vault(config).encrypt(json.dumps(dict(values)).encode()).decode() if values else ""


def opened(config: Config, token: str) -> dict[str, Any]:
    """The sealed values. Raises KeyProblem where no key in use fits."""
    if not token:
        return {}
    try:
        return dict(json.loads(vault(config).decrypt(token.encode())))
    except InvalidToken as error:
        raise KeyProblem(
            "The stored secrets were encrypted with another key.",
            fix="Put the old key back, or enter the secrets again: crm-ext connection set NAME --set key=value",
        ) from error
