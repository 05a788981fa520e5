"""How Flask and its extensions are set up: names of our own, so that nothing meets a host application's."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask.sessions import SecureCookieSessionInterface

from crm_ext.config import Config
from crm_ext.paths import translations_folder
from crm_ext.store import vault

NAME = "crm_ext"
REMEMBERED = timedelta(days=30)


def options(config: Config) -> dict[str, Any]:
    """The Flask settings of an installation."""
    first, *older = signing_keys(config)
    return {
        "SQLALCHEMY_DATABASE_URI": config.database,
        "SECRET_KEY": first,
        "SECRET_KEY_FALLBACKS": older,
        "SESSION_COOKIE_NAME": f"{NAME}_session",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": REMEMBERED,
        "REMEMBER_COOKIE_NAME": f"{NAME}_remember",
        "WTF_CSRF_FIELD_NAME": f"{NAME}_csrf",
        "WTF_CSRF_HEADERS": ["X-Crm-Ext-Csrf"],
        "WTF_CSRF_TIME_LIMIT": None,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "BABEL_DEFAULT_LOCALE": config.lang,
        "BABEL_TRANSLATION_DIRECTORIES": str(translations_folder()),
        "MAX_CONTENT_LENGTH": 1_000_000,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
    }


def signing_keys(config: Config) -> list[str]:
    """What sessions are signed with, made of the installation's keys; before `init` a key that nobody else knows."""
    try:
        keys = vault.keys(config)
    except vault.KeyProblem:
        keys = (secrets.token_hex(),)
    return [hmac.new(key.encode(), b"session", hashlib.sha256).hexdigest() for key in keys]


class OwnSession(SecureCookieSessionInterface):
    """A session cookie that is sent to our part of the site only, and over TLS only where people come by TLS."""

    def get_cookie_path(self, app: Flask) -> str:
        return request.script_root or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        public = urlsplit(current_app.extensions[NAME].public_url)
        return request.is_secure or (public.scheme == "https" and public.netloc == request.host)
