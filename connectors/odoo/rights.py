"""What the user may do with a model, as Odoo itself says."""

from __future__ import annotations

from connectors.odoo.server import Server
from crm_ext.connector_api import NeedsAttention, SkipRecord

ASKED_SINCE = 18
"""`has_access` came with 18; `check_access_rights` is going."""


def may(server: Server, model: str, operation: str) -> bool | None:
    """Whether `read`, `write` or `create` is allowed on a model as such; None if Odoo does not say."""
    server.ready()
    try:
        if server.major >= ASKED_SINCE:
            return bool(server.call(model, "has_access", [], operation=operation))
        return bool(server.call(model, "check_access_rights", operation=operation, raise_exception=False))
    except (NeedsAttention, SkipRecord):
        return None
