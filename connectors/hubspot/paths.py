"""Where things are in HubSpot's API: dated paths, and the numbered ones before them."""

from __future__ import annotations

from collections.abc import Mapping

VERSION = "2026-09"
LEGACY = "v3"
VERSIONS = (VERSION, "2026-03", LEGACY)
"""Those that work, newest first; v3 and v4 lose support in September 2027."""

DATED: Mapping[str, str] = {
    "objects": "/crm/objects/{version}/{kind}",
    "properties": "/crm/properties/{version}/{kind}",
    "associations": "/crm/associations/{version}/{kind}/{to}/batch/read",
    "pipelines": "/crm/pipelines/{version}/{kind}",
    "owners": "/crm/owners/{version}",
    "details": "/account-info/{version}/details",
    "usage": "/account-info/{version}/api-usage/daily/private-apps",
    "token": "/oauth/{version}/token",
}
NUMBERED: Mapping[str, str] = {
    "objects": "/crm/v3/objects/{kind}",
    "properties": "/crm/v3/properties/{kind}",
    "associations": "/crm/v4/associations/{kind}/{to}/batch/read",
    "pipelines": "/crm/v3/pipelines/{kind}",
    "owners": "/crm/v3/owners",
    "details": "/account-info/v3/details",
    "usage": "/account-info/v3/api-usage/daily/private-apps",
    "token": "/oauth/v1/token",
}


def path(version: str, area: str, kind: str = "", *rest: str, to: str = "") -> str:
    """The path of an area for a kind of object, and what follows it."""
    table = NUMBERED if version == LEGACY else DATED
    return "/".join([table[area].format(version=version, kind=kind, to=to), *rest])
