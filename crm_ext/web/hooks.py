"""Webhooks: what a CRM tells of is kept and answered at once; the worker does the rest."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge

from crm_ext.sync import webhooks
from crm_ext.web.access import PUBLIC, allow
from crm_ext.web.messages import message

MOST = 1_000_000
"""Bytes of a message: a hundred events are a twentieth of it."""

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")


@hooks.post("/<key>")
@allow(PUBLIC)
def receive(key: str) -> tuple[str, int]:
    """Nothing is read before its size is known, nothing is parsed before the connector has verified it."""
    if request.content_length is None:
        raise LengthRequired
    if request.content_length > MOST:
        raise RequestEntityTooLarge
    webhooks.received(key, message())
    return "", 204
