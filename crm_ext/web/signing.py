"""Links and buttons for pages that stand in another site's frame, where no cookie is sent.

A link opens one contact's card for one person, for half an hour. A button's token does one action of that person on
that contact, once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from flask import current_app, url_for
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from crm_ext.errors import Conflict, CrmExtError
from crm_ext.store import db, now
from crm_ext.store.models import UsedToken
from crm_ext.web.urls import outside

LASTS = timedelta(minutes=30)
LINK, ACTION = "crm-ext card", "crm-ext act"


class Pass(NamedTuple):
    """Whose card may be seen, and by whom; `user` is empty where the CRM does not say who looks."""

    connection_id: int
    contact_id: str
    user: str


class BadPass(CrmExtError):
    """A link or button that is not ours, too old, or used. `granted` is what it once was for."""

    status = 403
    granted: Pass | None = None


def link(granted: Pass) -> str:
    """The address of a card, as the CRM's users reach it."""
    return outside(url_for("card.show", token=key(granted)))


def key(granted: Pass) -> str:
    return _signer(LINK).dumps(list(granted))


def opened(token: str) -> Pass:
    """Raises BadPass."""
    return Pass(*_read(LINK, token))


def button(granted: Pass, action: str) -> str:
    return _signer(ACTION).dumps([*granted, action, secrets.token_urlsafe(18)])


def pressed(token: str) -> tuple[Pass, str]:
    """What a button asks for, noted as used in the current transaction. Raises BadPass, Conflict for a second press."""
    *granted, action, nonce = _read(ACTION, token)
    db.session.execute(delete(UsedToken).where(UsedToken.until < now()))
    db.session.add(UsedToken(nonce=nonce, until=now() + 2 * LASTS))
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Conflict("This button was pressed already.", fix="Open the card again.") from None
    return Pass(*granted), action


def _signer(salt: str) -> URLSafeTimedSerializer:
    settings: Mapping[str, Any] = current_app.config
    keys = [*reversed(settings["SECRET_KEY_FALLBACKS"] or []), settings["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=salt)


def _read(salt: str, token: str) -> list[Any]:
    try:
        return list(_signer(salt).loads(token, max_age=int(LASTS.total_seconds())))
    except SignatureExpired as error:
        expired = BadPass("This card is too old.", fix="Open it again in the CRM.")
        expired.granted = Pass(*_signer(salt).load_payload(error.payload)[:3]) if error.payload else None
        raise expired from error
    except BadSignature as error:
        raise BadPass("This link is not one of ours.", fix="Open the card again in the CRM.") from error
