"""What Odoo's automation rules send us: a record's model and number, unsigned, so that a secret stands in the address.

A rule (from Odoo 17 on: Send Webhook Notification) sends {"_model": …, "_id": …, "_action": …} and chosen fields, once,
and waits a second at most. Nothing of it is believed but that a record may have changed.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import orjson

from connectors.odoo.sources import EVERY
from crm_ext.connector_api import BadSignature, Hint, Message, SkipRecord

SECRET = "secret"
SEPARATORS = re.compile(r"[\s,;]+")
FIX = f"Let the rule's address end in ?{SECRET}= and one of `webhook_secrets`."


def changes(message: Message, secrets: str) -> list[Hint]:
    """The record that a message is about; a partner may be a person or a company.

    Raises BadSignature without a current secret, and SkipRecord for a message that names no record that is read.
    """
    verify(message, [each for each in SEPARATORS.split(secrets) if each])
    try:
        told = orjson.loads(message.body)
        model, number = str(told["_model"]), int(told["_id"])
    except (ValueError, TypeError, KeyError) as error:
        raise SkipRecord("The message is none of Odoo's rules.", detail=str(error)) from error
    hints = [Hint(source.stream, source.id(number)) for source in EVERY.values() if source.model == model]
    if not hints:
        raise SkipRecord(f"Records of {model} are not read.")
    return hints


def verify(message: Message, secrets: Sequence[str]) -> None:
    """Raise BadSignature unless the address holds one of the secrets."""
    given = parse_qs(urlsplit(message.url).query).get(SECRET, [""])[0].encode()
    matches = [hmac.compare_digest(each.encode(), given) for each in secrets]
    if not any(matches):
        raise BadSignature("The address does not hold the secret.", fix=FIX)
