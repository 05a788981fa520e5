"""Is the database the one this release works with? Migrations bring it there."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import inspect
from sqlalchemy.exc import DatabaseError

from crm_ext.errors import CrmExtError
from crm_ext.paths import migrations_folder
from crm_ext.store.base import db


class State(StrEnum):
    """How the database stands to this release."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


class WrongDatabase(CrmExtError):
    """The database cannot be used as it is."""

    status = 503


FIXES = {
    State.EMPTY: ("There is no instance here yet.", "Run: crm-ext init"),
    State.OLD: ("The database was made by an earlier release.", "Make a backup, then run: crm-ext init"),
    State.NEWER: ("The database was made by a later release.", "Install that release, or restore an older backup."),
    State.FOREIGN: ("The database belongs to another application.", "Name an empty one in CRM_EXT_DATABASE_URL."),
}


def state() -> State:
    """Raises WrongDatabase where the database cannot be reached."""
    if _missing_file():
        return State.EMPTY
    try:
        with db.engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            tables = inspect(connection).get_table_names() if revision is None else []
    except DatabaseError as error:
        reason = " ".join(str(error.orig).split())
        raise WrongDatabase(
            f"The database cannot be reached: {reason}.", fix="Check CRM_EXT_DATABASE_URL and CRM_EXT_HOME."
        ) from error
    if revision is None:
        return State.FOREIGN if set(tables) - {"alembic_version"} else State.EMPTY
    if revision == _head():
        return State.CURRENT
    return State.OLD if revision in _revisions() else State.NEWER


def _missing_file() -> bool:
    """Whether the database is a SQLite file that nobody has made."""
    url = db.engine.url
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(str(url.database)).exists()


def insist() -> None:
    """Raises WrongDatabase, with the fix, unless the database is this release's."""
    found = state()
    if found is not State.CURRENT:
        message, fix = FIXES[found]
        raise WrongDatabase(message, fix=fix)


def migrate() -> None:
    """Bring an empty or older database to this release. Raises WrongDatabase for one that is not ours or newer."""
    found = state()
    if found in (State.NEWER, State.FOREIGN):
        message, fix = FIXES[found]
        raise WrongDatabase(message, fix=fix)
    if found is not State.CURRENT:
        upgrade(directory=str(migrations_folder()))


@cache
def _scripts() -> ScriptDirectory:
    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations_folder()))
    return ScriptDirectory.from_config(config)


def _head() -> str | None:
    return _scripts().get_current_head()


def _revisions() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}
