"""Which pages may show our card in a frame, connection by connection."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crm_ext.errors import CrmExtError
from crm_ext.store.models import Connection
from crm_ext.sync.registry import connector

ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?")


def origins(text: str) -> tuple[str, ...]:
    """The addresses of a setting. Raises CrmExtError for one that is more or less than scheme, host and port."""
    given = tuple(each.rstrip("/") for each in text.replace(",", " ").split())
    wrong = next((each for each in given if not ORIGIN.fullmatch(each)), None)
    if wrong is not None:
        raise CrmExtError(f"{wrong!r} is no address of a page.", fix="Write it as https://crm.example.com.")
    return given


def frames(connection: Connection) -> tuple[str, ...]:
    """What the settings name, else the CRM's own pages."""
    named = origins(str(connection.settings.get("card_frames") or ""))
    return named or connector(connection.connector).frames or _own(str(connection.settings.get("base_url") or ""))


def _own(address: str) -> tuple[str, ...]:
    parts = urlsplit(address)
    found = f"{parts.scheme}://{parts.netloc}"
    return (found,) if ORIGIN.fullmatch(found) else ()
