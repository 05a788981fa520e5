"""English and Chinese: a person's choice, else what the browser asks for, else the installation's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Flask, current_app, request, session
from flask_babel import Babel, format_date, format_time, get_locale

from crm_ext.config import LANGUAGES, Config

NAMES: Mapping[str, str] = {"en": "English", "zh": "中文"}
CHOICE = "lang"

babel = Babel()


def config() -> Config:
    found: Config = current_app.extensions["crm_ext"]
    return found


def chosen() -> str:
    """The language of this request."""
    mine = session.get(CHOICE)
    return mine if mine in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or config().lang


def lang() -> str:
    """The language that is spoken now, also outside of a request."""
    locale = get_locale()
    return locale.language if locale else config().lang


def day(value: datetime | str | None) -> str:
    """A date in the reader's language and the installation's time zone."""
    return "" if not value else str(format_date(_instant(value), "medium"))


def moment(value: datetime | str | None) -> str:
    """A date with hours and minutes."""
    return "" if not value else f"{day(value)} {format_time(_instant(value), 'short')}"


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def init_app(app: Flask) -> None:
    babel.init_app(app, locale_selector=chosen, timezone_selector=lambda: config().timezone)
    app.jinja_env.filters.update(day=day, moment=moment)
    app.jinja_env.globals.update(lang=lang, LANGUAGE_NAMES=NAMES)
