"""The installation as one file, database and keys together, and back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, inspect, make_url

from crm_ext import __version__
from crm_ext.errors import Conflict, CrmExtError
from crm_ext.store import db, now, schema, vault
from crm_ext.sync.environment import config

MANIFEST, DATABASE, KEYS = "manifest.json", "database", "keys"
BEFORE = ".before-restore"


class WrongBackup(CrmExtError):
    """A file that is no backup of ours, or one that cannot be put back here."""


def backup(target: Path) -> dict[str, Any]:
    """Write everything into one file that its owner alone may read, while the service runs.

    Raises Conflict where the file exists.
    """
    url = make_url(config().database)
    about = {"version": __version__, "made_at": now().isoformat(), "database": url.get_backend_name()}
    with TemporaryDirectory(dir=target.absolute().parent) as folder, _new(target) as archive:
        place = Path(folder)
        (place / MANIFEST).write_text(json.dumps(about))
        (place / KEYS).write_text("\n".join(vault.keys(config())) + "\n")
        _copy_sqlite(url, place / DATABASE) if url.get_backend_name() == "sqlite" else _dump(url, place / DATABASE)
        for name in (MANIFEST, KEYS, DATABASE):
            archive.add(place / name, arcname=name)
    return {**about, "bytes": target.stat().st_size}


@contextmanager
def _new(target: Path) -> Iterator[tarfile.TarFile]:
    """An archive that is there whole or not at all."""
    if target.exists():
        raise Conflict(f"{target} exists.", fix="Name a file that does not.")
    half = target.with_name(f"{target.name}.half")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as archive:
            yield archive
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def _copy_sqlite(url: URL, target: Path) -> None:
    with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _dump(url: URL, target: Path) -> None:
    _postgresql("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def _postgresql(tool: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools on a database; the password stands in its environment only."""
    program = shutil.which(tool)
    if program is None:
        raise CrmExtError(
            f"{tool} is not installed here.", fix="Install PostgreSQL's client programs, or use its host."
        )
    bare = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [program, f"--dbname={bare}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[:300]
        raise CrmExtError(f"{tool} failed: {said}", fix="Its version must be the server's or newer.")


def restore(source: Path) -> dict[str, Any]:
    """Put a backup back; what stood here before is kept beside it, or, on PostgreSQL, has to be empty.

    Raises WrongBackup, or Conflict while a server runs on this instance.
    """
    home = config().home
    (home / "locks").mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "locks" / "server", timeout=0), TemporaryDirectory(dir=home) as folder:
            place = Path(folder)
            about = _unpacked(source, place)
            _insist_on_kind(about)
            _put_database(place / DATABASE)
            _put_keys(place / KEYS)
    except Timeout as error:
        raise Conflict(f"A server is running on the instance {home}.", fix="Stop it first.") from error
    schema.migrate()
    return about


def _unpacked(source: Path, place: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source) as archive:
            for name in (MANIFEST, KEYS, DATABASE):
                archive.extract(archive.getmember(name), place, filter="data")
        return dict(json.loads((place / MANIFEST).read_text()))
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise WrongBackup(
            f"{source} is no backup of crm-ext.", fix="Name a file that `crm-ext backup` made."
        ) from error


def _insist_on_kind(about: dict[str, Any]) -> None:
    here = make_url(config().database).get_backend_name()
    if about.get("database") != here:
        raise WrongBackup(
            f"The backup is of a {about.get('database')} database, and this one is {here}.",
            fix="Set CRM_EXT_DATABASE_URL to one of that kind.",
        )


def _put_database(copy: Path) -> None:
    url = make_url(config().database)
    if url.get_backend_name() != "sqlite":
        if inspect(db.engine).get_table_names():
            raise Conflict("The database is not empty.", fix="Make a new one, and name it in CRM_EXT_DATABASE_URL.")
        _postgresql("pg_restore", url, "--exit-on-error", "--no-owner", "--no-privileges", str(copy))
        return
    db.engine.dispose()
    target = Path(str(url.database))
    for each in (target, *(target.with_name(f"{target.name}{tail}") for tail in ("-wal", "-shm"))):
        if each.exists():
            each.replace(each.with_name(f"{each.name}{BEFORE}"))
    shutil.move(copy, target)


def _put_keys(copy: Path) -> None:
    """Keys in the environment win; they must be able to read what was restored."""
    kept = copy.read_text().split()
    if config().secret_keys:
        if not set(kept) & set(config().secret_keys):
            raise WrongBackup("CRM_EXT_SECRET_KEYS holds no key of the backup.", fix="Add its keys, with commas.")
        return
    target = config().home / vault.KEY_FILE
    if target.exists() and target.read_text().split() != kept:
        target.replace(target.with_name(f"{target.name}{BEFORE}"))
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(copy.read_text())
