"""Where requests may go: never to this machine's own surroundings, and into private networks only where allowed.

What is typed in is looked at when it is typed in; what a name leads to is looked at on the connection itself, before a
byte is sent, so that a name which leads elsewhere the second time gains nothing.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from crm_ext.config import private_addresses
from crm_ext.connector_api.errors import NeedsAttention

METADATA = frozenset({ip_address("100.100.100.200"), ip_address("fd00:ec2::254")})
"""Where clouds tell a machine its secrets, beside the link-local ones."""
FIX = "Give the CRM's own address; private networks are opened by CRM_EXT_PRIVATE_ADDRESSES=yes."


def refused(text: str) -> str:
    """Why an IP address may not be asked; empty where it may, or where the text is no IP address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if _never(address):
        return "is kept for machines about themselves"
    return "" if private_addresses() or address.is_global else "lies in a private network"


def _never(address: IPv4Address | IPv6Address) -> bool:
    return address.is_link_local or address.is_multicast or address in METADATA


def outside(url: str) -> None:
    """Raises ValidationError for an address that names a place where requests may not go."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" and not private_addresses():
        raise ValidationError("localhost is this machine itself")
    if reason := refused(host):
        raise ValidationError(f"{host} {reason}")


def insist(connected: socket.socket) -> socket.socket:
    """The connection, if its other end may be asked. Raises NeedsAttention after closing it."""
    peer = str(connected.getpeername()[0])
    if reason := refused(peer):
        connected.close()
        raise NeedsAttention(f"{peer} {reason}.", fix=FIX)
    return connected


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return insist(super()._new_conn())


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return insist(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Outside(HTTPAdapter):
    """Carries requests to where they may go. A proxy of the environment looks after its own."""

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        super().init_poolmanager(*sizes, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
