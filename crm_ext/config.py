"""The environment, read once: every variable and its default stands here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_ext.errors import CrmExtError

PREFIX = "CRM_EXT_"
LANGUAGES = ("en", "zh")
DATABASES = ("sqlite://", "postgresql://", "postgresql+psycopg://", "postgres://")


class WrongEnvironment(CrmExtError):
    """An environment variable holds something that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How this installation is set up. `home` holds database, key file, locks and logs."""

    home: Path = field(default_factory=lambda: Path("instance"))
    database_url: str = ""
    broker_url: str = ""
    secret_keys: tuple[str, ...] = ()
    public_url: str = ""
    timezone: str = "UTC"
    lang: str = "en"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Config:
        """Raises WrongEnvironment that names the variable."""
        given = {name[len(PREFIX) :]: value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
        return cls(
            home=Path(given.get("HOME") or "instance"),
            database_url=_database(given.get("DATABASE_URL", "")),
            broker_url=given.get("BROKER_URL", ""),
            secret_keys=tuple(key.strip() for key in given.get("SECRET_KEYS", "").split(",") if key.strip()),
            public_url=given.get("PUBLIC_URL", "").rstrip("/"),
            timezone=_zone(given.get("TIMEZONE") or "UTC"),
            lang=_language(given.get("LANG") or "en"),
        )

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database; without one, a SQLite file in the instance folder."""
        url = self.database_url or f"sqlite:///{(self.home / 'crm_ext.sqlite').resolve()}"
        return url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
            "postgres://", "postgresql+psycopg://", 1
        )


def _zone(name: str) -> str:
    try:
        return str(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise WrongEnvironment(
            f"CRM_EXT_TIMEZONE is {name!r}, which is no time zone.", fix="Use a name such as Europe/Berlin."
        ) from error


def _database(url: str) -> str:
    if url and not url.startswith(DATABASES):
        raise WrongEnvironment(
            "CRM_EXT_DATABASE_URL names no database that can be used.",
            fix="Write it as postgresql://user:password@host/name or sqlite:////path/to/file.",
        )
    return url


def _language(name: str) -> str:
    if name not in LANGUAGES:
        raise WrongEnvironment(f"CRM_EXT_LANG is {name!r}.", fix=f"Use one of {', '.join(LANGUAGES)}.")
    return name
