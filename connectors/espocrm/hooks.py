"""What EspoCRM sends us: webhooks, each signed with its own secret, that name records by id alone."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from connectors.espocrm.kinds import BY_NAME, EntityKind, external
from crm_ext.connector_api import BadSignature, Hint, Message, SkipRecord, verify_hmac

SIGNATURE = "signature"
EVENT = "event"
"""The parameter of our address that says what a webhook is about: the message itself does not."""


class Hooks:
    """Checks and reads messages. `secrets` are secret keys, or ids of webhooks and secret keys joined by a colon."""

    def __init__(self, secrets: Sequence[str]) -> None:
        pairs = [each.rpartition(":") for each in secrets]
        self._secrets = [(webhook, secret) for webhook, _, secret in pairs]

    def changes(self, message: Message) -> list[Hint]:
        """The records that a batch of events is about, each once.

        Raises BadSignature, and SkipRecord for a message that is no list of events of an entity that is read.
        """
        self.verify(message)
        kind = about(message)
        try:
            ids = [str(event["id"]) for event in orjson.loads(message.body)]
        except (ValueError, TypeError, KeyError) as error:
            raise SkipRecord("The message is no list of EspoCRM events.", detail=str(error)) from error
        return list(dict.fromkeys(Hint(kind.stream, external(kind, each)) for each in ids))

    def verify(self, message: Message) -> None:
        """Raise BadSignature unless one of our webhooks signed this. EspoCRM signs no time: a repeated message is
        a repeated hint, after which the record is read as it stands."""
        try:
            webhook, _, digest = b64decode(message.headers.get(SIGNATURE, ""), validate=True).decode().partition(":")
            signed = bytes.fromhex(digest)
        except (NotBase64, ValueError) as error:
            raise BadSignature("The header Signature is missing or not EspoCRM's.") from error
        if not webhook or not signed:
            raise BadSignature(
                "The header Signature is missing or not EspoCRM's.", fix="EspoCRM 9.0 or later signs so."
            )
        verify_hmac(message.body, signed, [secret for id_, secret in self._secrets if secret and id_ in ("", webhook)])


def about(message: Message) -> EntityKind:
    """The entity that the address names. Raises SkipRecord."""
    query: Mapping[str, Any] = parse_qs(urlsplit(message.url).query)
    name = str(query.get(EVENT, [""])[0]).partition(".")[0]
    if name not in BY_NAME:
        fix = f"Let each webhook's address end in ?{EVENT}= and its event, as in ?{EVENT}=Contact.update."
        raise SkipRecord("The webhook's address does not say what it is about.", fix=fix)
    return BY_NAME[name]
