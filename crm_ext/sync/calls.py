"""A CRM's own request for a card: verified by its connector."""

from __future__ import annotations

from typing import NamedTuple

from crm_ext.connector_api import Message
from crm_ext.store.models import Connection
from crm_ext.sync import connections


class CardCall(NamedTuple):
    """The contact that a CRM wants to show, and the e-mail of who looks; empty where the CRM does not say."""

    contact_id: str
    user: str


def card_call(connection: Connection, message: Message) -> CardCall:
    """Raises BadSignature, SkipRecord where no contact is named, and Unsupported where the CRM signs no requests."""
    with connections.opened(connection) as crm:
        return CardCall(crm.card(message), crm.card_user(message).strip().lower())
