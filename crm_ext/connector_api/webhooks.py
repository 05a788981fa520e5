"""Checking what a webhook claims, before a byte of it is parsed."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from crm_ext.connector_api.contract import Message
from crm_ext.connector_api.errors import ConnectorError


class BadSignature(ConnectorError):
    """The message was not signed with a current secret, or is too old."""

    status = 401


def verify_hmac(signed: bytes, signature: bytes, secrets: Sequence[str], digest: Callable[..., Any] = sha256) -> None:
    """Accept bytes signed with any current secret, so that secrets can be rotated. `signature` is the raw digest."""
    matches = [hmac.compare_digest(hmac.new(each.encode(), signed, digest).digest(), signature) for each in secrets]
    if not any(matches):
        raise BadSignature("The signature does not match.", fix="Check the secret that the CRM signs with.")


def verify_fresh(sent_at: float, now: float, window: float = 300.0) -> None:
    """Refuse a message older than `window` seconds, or from the future: it may be a replay."""
    if abs(now - sent_at) > window:
        raise BadSignature(f"The message is {abs(now - sent_at):.0f} seconds old.", fix="Check both clocks.")


def called_url(message: Message, public_url: str = "", *, trust_forwarded: bool = False) -> str:
    """The address that the CRM called, for signatures over it.

    Behind a proxy the request arrives under another one: `public_url` (scheme and host, maybe a leading path) says
    what stands in front, or the proxy's X-Forwarded-Proto, -Host and -Prefix do, where they can be trusted.
    """
    parts = urlsplit(message.url)
    if public_url:
        front = urlsplit(public_url)
        return urlunsplit((front.scheme, front.netloc, _below(front.path, parts.path), parts.query, ""))
    if not trust_forwarded:
        return message.url
    scheme = _first(message, "x-forwarded-proto") or parts.scheme
    host = _first(message, "x-forwarded-host") or parts.netloc
    path = _below(_first(message, "x-forwarded-prefix"), parts.path)
    return urlunsplit((scheme, host, path, parts.query, ""))


def _first(message: Message, header: str) -> str:
    """The value that the outermost proxy set."""
    return message.headers.get(header, "").split(",")[0].strip()


def _below(prefix: str, path: str) -> str:
    prefix = prefix.rstrip("/")
    return path if not prefix or path.startswith(f"{prefix}/") else f"{prefix}{path}"
