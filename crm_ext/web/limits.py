"""How often somebody may ask: programs by account, failed sign-ins by address."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_limiter import ApplicationLimit, Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

from crm_ext.web.access import in_api, me
from crm_ext.web.options import NAME

OF_PROGRAMS = "1200 per minute"
OF_SIGN_INS = "50 per 15 minutes"
"""Failures from one address, for all accounts; each account closes by itself much earlier."""
SHARED = ("redis://", "rediss://")


def asker() -> str:
    return f"account {me().id}" if current_user.is_authenticated else f"address {get_remote_address()}"


def failed(response: Response) -> bool:
    return response.status_code == 422


def init_app(app: Flask) -> None:
    """Counts are kept in the broker where it is Redis, so that several servers count together, else in memory."""
    broker = app.extensions[NAME].broker_url
    Limiter(
        asker,
        app=app,
        application_limits=[
            ApplicationLimit(OF_PROGRAMS, exempt_when=lambda: not in_api(request)),
            ApplicationLimit(
                OF_SIGN_INS, key_function=get_remote_address, exempt_when=lambda: not signing_in(), deduct_when=failed
            ),
        ],
        headers_enabled=True,
        strategy="moving-window",
        storage_uri=broker if broker.startswith(SHARED) else "memory://",
        in_memory_fallback_enabled=True,
        key_prefix=NAME,
    )


def signing_in() -> bool:
    return request.endpoint == "session.sign_in" and request.method == "POST"
