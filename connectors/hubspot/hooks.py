"""What HubSpot sends us: webhooks and requests for the card, both with the v3 signature."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from connectors.hubspot.kinds import BY_ID, BY_SINGULAR, ObjectKind, external
from crm_ext.connector_api import PREFIX, BadSignature, Hint, Message, SkipRecord, called_url, verify_fresh, verify_hmac

SIGNATURE = "x-hubspot-signature-v3"
STAMP = "x-hubspot-request-timestamp"
DECODED: Mapping[str, str] = {f"%{ord(each):02X}": each for each in ":/?@!$'()*,;"}
"""The escapes, and no others, that HubSpot undoes in the address before it signs."""
ESCAPES = re.compile("|".join(DECODED), re.IGNORECASE)
MERGE_IDS = ("primaryObjectId", "newObjectId")
CARD_PARAMETERS = ("contact", "hs_object_id", "associatedObjectId")
Event = Mapping[str, Any]


class Hooks:
    """Checks and reads messages. `secrets` are those that sign now, old and new; `own_apps` the ids of our app."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        own_apps: Sequence[str] = (),
        portal: str = "",
        public_url: str = "",
        trust_forwarded: bool = False,
    ) -> None:
        self._secrets = secrets
        self._own_apps = frozenset(own_apps)
        self._portal = portal
        self._public_url = public_url
        self._trust_forwarded = trust_forwarded

    def changes(self, message: Message) -> list[Hint]:
        """The records that a batch of events is about, each once, in order of time; our own echoes are left out.

        Raises BadSignature, and SkipRecord for a body that is no list of events.
        """
        self.verify(message)
        try:
            events = orjson.loads(message.body)
            events = sorted((each for each in events if self._concerns(each)), key=lambda each: each["occurredAt"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SkipRecord("The message is no list of HubSpot events.", detail=str(error)) from error
        return list(dict.fromkeys(hint for event in events for hint in hints(event)))

    def card(self, message: Message) -> str:
        """The id of the contact that a signed request for the card is about."""
        self.verify(message)
        query = parse_qs(urlsplit(message.url).query)
        if self._portal and query.get("portalId", [self._portal])[0] != self._portal:
            raise BadSignature(
                "The request comes from another HubSpot account.", fix="Install the app once an account."
            )
        found = next((query[name][0] for name in CARD_PARAMETERS if query.get(name)), "")
        if not found:
            raise SkipRecord("The request names no contact.", fix=f"Add the parameter {CARD_PARAMETERS[0]}.")
        return found

    def verify(self, message: Message) -> None:
        """Raise BadSignature unless HubSpot signed this, for this address, within the last five minutes."""
        stamp = message.headers.get(STAMP, "")
        if not (stamp.isascii() and stamp.isdigit()):
            raise BadSignature(f"The message has no {STAMP}.", fix="Only HubSpot's v3 signature is accepted.")
        verify_fresh(int(stamp) / 1000, time.time())
        url = called_url(message, self._public_url, trust_forwarded=self._trust_forwarded)
        try:
            signature = b64decode(message.headers.get(SIGNATURE, ""), validate=True)
        except (NotBase64, ValueError) as error:
            raise BadSignature(f"{SIGNATURE} is not base64.") from error
        signed = (message.method.upper() + decoded(url)).encode() + message.body + stamp.encode()
        verify_hmac(signed, signature, self._secrets)

    def _concerns(self, event: Event) -> bool:
        """Whether an event is of our account and not the echo of what we wrote."""
        ours = str(event.get("propertyName", "")).startswith(PREFIX)
        app = str(event.get("sourceId", "")).partition(":")[0]
        echo = ours and event.get("changeSource") == "INTEGRATION" and app in self._own_apps | {str(event.get("appId"))}
        portal = str(event.get("portalId", ""))
        return not echo and (not self._portal or portal in {"", self._portal})


def user_of(message: Message) -> str:
    """The e-mail that HubSpot adds to the address before it signs it."""
    return parse_qs(urlsplit(message.url).query).get("userEmail", [""])[0]


def decoded(url: str) -> str:
    return ESCAPES.sub(lambda found: DECODED[found.group().upper()], url)


def hints(event: Event) -> Iterator[Hint]:
    """The records that one event is about; kinds that are not read give none."""
    subject, _, what = str(event.get("subscriptionType") or event.get("eventType")).partition(".")
    kind = BY_SINGULAR.get(subject) or BY_ID.get(str(event.get("objectTypeId")))
    if what == "associationChange":
        yield from _ends(event, kind)
    elif kind:
        ids = [event.get("objectId"), *(event.get("mergedObjectIds") or ()), *(event.get(each) for each in MERGE_IDS)]
        yield from (Hint(kind.stream, external(kind, str(each))) for each in ids if each)


def _ends(event: Event, subject: ObjectKind | None) -> Iterator[Hint]:
    """Both ends of an association, as far as their kinds are told."""
    named = str(event.get("associationType", "")).lower().partition("_to_")
    for side, name in (("from", named[0]), ("to", named[2])):
        kind = BY_ID.get(str(event.get(f"{side}ObjectTypeId"))) or BY_SINGULAR.get(name)
        kind = kind or (subject if side == "from" else None)
        if kind and event.get(f"{side}ObjectId"):
            yield Hint(kind.stream, external(kind, str(event[f"{side}ObjectId"])))
