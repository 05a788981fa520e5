"""HubSpot: https://developers.hubspot.com/docs/api-reference/overview"""

from __future__ import annotations

from connectors.hubspot.connector import HubSpot

__all__ = ["HubSpot"]
