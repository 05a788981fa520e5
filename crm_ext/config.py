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
LOGS = ("text", "json")
MAIL_SERVERS = ("smtp://", "smtp+starttls://", "smtps://")
WEB = ("https://", "http://")
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
    log: str = "text"
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    alert_emails: tuple[str, ...] = ()
    alert_webhook_url: str = ""
    alert_webhook_secret: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Config:
        """Raises WrongEnvironment that names the variable."""
        given = {name[len(PREFIX) :]: value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
        private_addresses(environ)
        return cls(
            home=Path(given.get("HOME") or "instance"),
            database_url=_database(given.get("DATABASE_URL", "")),
            broker_url=given.get("BROKER_URL", ""),
            secret_keys=_listed(given.get("SECRET_KEYS", "")),
            public_url=given.get("PUBLIC_URL", "").rstrip("/"),
            timezone=_zone(given.get("TIMEZONE") or "UTC"),
            lang=_choice("LANG", given.get("LANG") or "en", LANGUAGES),
            log=_choice("LOG", given.get("LOG") or "text", LOGS),
            smtp_url=_address("SMTP_URL", given.get("SMTP_URL", ""), MAIL_SERVERS),
            mail_from=given.get("MAIL_FROM", ""),
            alert_emails=_listed(given.get("ALERT_EMAILS", "")),
            alert_webhook_url=_address("ALERT_WEBHOOK_URL", given.get("ALERT_WEBHOOK_URL", ""), WEB),
            alert_webhook_secret=_with_secret(given),
        )

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database; without one, a SQLite file in the instance folder."""
        url = self.database_url or f"sqlite:///{(self.home / 'crm_ext.sqlite').resolve()}"
        return url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
            "postgres://", "postgresql+psycopg://", 1
        )


def private_addresses(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a CRM may stand in a private network or on this machine. Raises WrongEnvironment."""
    said = environ.get(f"{PREFIX}PRIVATE_ADDRESSES", "").strip() or "yes"
    return _choice("PRIVATE_ADDRESSES", said, ("yes", "no")) == "yes"


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


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise WrongEnvironment(f"{PREFIX}{name} is {value!r}.", fix=f"Use one of {', '.join(choices)}.")
    return value


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _address(name: str, value: str, beginnings: tuple[str, ...]) -> str:
    """An address that may hold a password: it is not repeated."""
    if value and not value.startswith(beginnings):
        raise WrongEnvironment(f"{PREFIX}{name} is no address that can be used.", fix=f"Use {' or '.join(beginnings)}")
    return value


def _with_secret(given: Mapping[str, str]) -> str:
    secret = given.get("ALERT_WEBHOOK_SECRET", "")
    if given.get("ALERT_WEBHOOK_URL") and not secret:
        raise WrongEnvironment(
            "CRM_EXT_ALERT_WEBHOOK_URL is set without a secret to sign with.", fix="Set CRM_EXT_ALERT_WEBHOOK_SECRET."
        )
    return secret
