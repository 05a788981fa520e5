"""`crm-ext doctor`: is this installation sound? Every check names what it found and what to do."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from crm_ext import __version__
from crm_ext.config import LANGUAGES, Config
from crm_ext.connector_api import Finding, Level
from crm_ext.errors import CrmExtError
from crm_ext.jobs.broker import WrongAddress, probe
from crm_ext.paths import migrations_folder, translations_folder
from crm_ext.store import audit, vault
from crm_ext.store.models import AuditEntry
from crm_ext.sync import registry

SCARCE, LITTLE = 100 * 2**20, 2**30
"""Bytes of free disk below which a run may fail, and below which it is time to look."""
DRIFT = timedelta(seconds=30)
MARKS = {Level.PASS: ("ok  ", "green"), Level.WARN: ("warn", "yellow"), Level.FAIL: ("FAIL", "red")}
INIT = "Run: crm-ext init"


def good(name: str, detail: str) -> Finding:
    return Finding(name, Level.PASS, detail)


def doubtful(name: str, detail: str, fix: str) -> Finding:
    return Finding(name, Level.WARN, detail, fix)


def bad(name: str, detail: str, fix: str) -> Finding:
    return Finding(name, Level.FAIL, detail, fix)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Check this installation and say what to do where something is wrong.

    \b
    Example:
      crm-ext doctor
      crm-ext doctor --json | jq '.findings[] | select(.level != "pass")'
    """
    found = examined(Config.from_environment())
    sound = all(each.level != Level.FAIL for each in found)
    if as_json:
        click.echo(json.dumps({"ok": sound, "version": __version__, "findings": [asdict(each) for each in found]}))
    else:
        for each in found:
            click.echo(line(each))
    if not sound:
        raise SystemExit(1)


def line(finding: Finding) -> str:
    mark, color = MARKS[finding.level]
    words = f"{finding.name}: {finding.detail} {finding.fix}".strip()
    return f"{click.style(mark, fg=color)}  {words}"


def examined(config: Config) -> list[Finding]:
    """What every check found, in the order in which to mend it."""
    return [finding for check in CHECKS for finding in check(config)]


def python(_: Config) -> Iterator[Finding]:
    yield good("python", f"{sys.version.split()[0]} at {sys.executable}")


def packages(_: Config) -> Iterator[Finding]:
    try:
        needed = [each for each in requires("crm-ext") or () if "extra ==" not in each]
    except PackageNotFoundError:
        yield good("packages", f"crm-ext {__version__}, run from a checkout that is not installed")
        return
    names = [each.split(">")[0].split("[")[0].strip() for each in needed]
    missing = [name for name in names if not _installed(name)]
    if missing:
        yield bad("packages", f"missing: {', '.join(missing)}.", "Install crm-ext again with pip.")
    else:
        listed = ", ".join(f"{name} {version(name)}" for name in names)
        yield good("packages", f"crm-ext {__version__}; {listed}")


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def instance(config: Config) -> Iterator[Finding]:
    home = config.home.resolve()
    if not home.is_dir():
        yield bad("instance", f"There is no folder {home}.", INIT)
        return
    probe = home / ".doctor"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        yield bad("instance", f"{home} cannot be written: {error.strerror}.", "Give this user the right to.")
        return
    if home.stat().st_mode & 0o002:
        yield doubtful("instance", f"Everybody on this machine may write to {home}.", f"Run: chmod o-w {home}")
    else:
        yield good("instance", f"{home} can be written")


def database(config: Config) -> Iterator[Finding]:
    """Whether it answers; if so, whether its tables are of this version and its clock agrees with ours."""
    url = make_url(config.database)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        yield bad("database", f"There is no database at {url.database}.", INIT)
        return
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield good("database", f"{shown} answers")
            yield migrated(connection)
            yield clock(connection, config)
            yield chain(connection)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).splitlines()[0]
        yield bad("database", f"{shown} does not answer: {said}", "Start it, or mend CRM_EXT_DATABASE_URL.")
    finally:
        engine.dispose()


def migrated(connection: Connection) -> Finding:
    """Whether the tables are those of this version."""
    script = ScriptDirectory(str(migrations_folder()))
    head, current = script.get_current_head(), MigrationContext.configure(connection).get_current_revision()
    if current == head:
        return good("migrations", f"at {head}")
    if current is None:
        return bad("migrations", "The database is empty.", INIT)
    known = {each.revision for each in script.walk_revisions()}
    if current in known:
        return bad("migrations", f"The database is old: at {current}, this version needs {head}.", INIT)
    return bad("migrations", f"The database is at {current}, which only a newer crm-ext knows.", "Upgrade it.")


def chain(connection: Connection) -> Finding:
    """Whether the audit log is as it was written."""
    log = AuditEntry.__table__
    if not inspect(connection).has_table("audit") or "sealed" not in {
        each["name"] for each in inspect(connection).get_columns("audit")
    }:
        return doubtful("audit", "It can be looked at once the database is of this version.", INIT)
    wrong = list(audit.broken(connection.execute(select(log).order_by(log.c.id))))
    if wrong:
        detail = f"Line {wrong[0]} of the audit log was changed, or lines before it are gone ({len(wrong)} do not fit)."
        return bad("audit", detail, "Compare it with a backup; somebody wrote to the database.")
    return good("audit", "every line fits the one before")


def clock(connection: Connection, config: Config) -> Finding:
    """Whether this machine's time can be right: near that of the server, or not before the last write to the file."""
    here = datetime.now(UTC)
    if connection.dialect.name == "sqlite":
        written = Path(make_url(config.database).database or "").stat().st_mtime
        off = datetime.fromtimestamp(written, UTC) - here
    else:
        off = abs((connection.scalar(select(func.now())) or here) - here)
    if off > DRIFT:
        return doubtful("clock", f"This machine's clock is {off} off.", "Let it be set by NTP.")
    return good("clock", f"{here:%Y-%m-%d %H:%M:%S} UTC, days are those of {config.timezone}")


def keys(config: Config) -> Iterator[Finding]:
    path = config.home / vault.KEY_FILE
    try:
        vault.vault(config)
    except CrmExtError as error:
        yield bad("keys", error.message, error.fix or "Make one with: crm-ext keys rotate")
        return
    if config.secret_keys:
        yield good("keys", f"{len(config.secret_keys)} from CRM_EXT_SECRET_KEYS")
    elif path.stat().st_mode & 0o077:
        yield bad("keys", f"Others may read {path}.", f"Run: chmod 600 {path}")
    else:
        yield good("keys", f"in {path}")


def machines(config: Config) -> Iterator[Finding]:
    """A key file lies on one machine only."""
    if config.broker_url and not config.secret_keys:
        detail = "Workers on other machines cannot read the secrets with a key file that lies here."
        yield doubtful("machines", detail, "Put its lines into CRM_EXT_SECRET_KEYS everywhere.")
    if config.broker_url and not config.database_url:
        detail = "Workers on other machines cannot reach a SQLite file."
        yield doubtful("machines", detail, "Use PostgreSQL: CRM_EXT_DATABASE_URL=postgresql://…")


def broker(config: Config) -> Iterator[Finding]:
    if not config.broker_url:
        yield good("broker", "none: the worker runs inside `serve`")
        return
    try:
        yield good("broker", f"{probe(config.broker_url)} answers")
    except WrongAddress:
        yield bad("broker", "CRM_EXT_BROKER_URL names no broker.", "Write redis://host:6379/0 or amqp://host//.")
    except ConnectionError as error:
        yield bad("broker", str(error), "Start it, or mend CRM_EXT_BROKER_URL.")


def connectors(_: Config) -> Iterator[Finding]:
    try:
        yield good("connectors", ", ".join(registry.connectors()))
    except CrmExtError as error:
        yield bad("connectors", error.message, error.fix)


def texts(_: Config) -> Iterator[Finding]:
    """English is what the sources are written in; the others need a compiled catalogue."""
    missing = [each for each in LANGUAGES if each != "en" and not any(translations_folder().glob(f"{each}*/**/*.mo"))]
    if missing:
        yield Finding(
            "texts",
            Level.WARN,
            f"No catalogue for {', '.join(missing)}: texts appear in English.",
            "Run: make translations",
        )
    else:
        yield good("texts", ", ".join(LANGUAGES))


def disk(config: Config) -> Iterator[Finding]:
    there = next(each for each in (config.home.resolve(), *config.home.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free
    level = Level.FAIL if free < SCARCE else Level.WARN if free < LITTLE else Level.PASS
    yield Finding("disk", level, f"{free / 2**30:.1f} GB free at {there}", "" if level is Level.PASS else "Make room.")


CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    python,
    packages,
    instance,
    disk,
    keys,
    machines,
    database,
    broker,
    connectors,
    texts,
)
