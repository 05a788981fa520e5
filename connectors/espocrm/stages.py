"""Whether an opportunity's stage is won, lost or open, as EspoCRM itself reckons: by the stage's probability."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import Any

from connectors.espocrm.api import EspoApi, Forbidden
from crm_ext.connector_api import DealStatus, Gone

USUAL = {
    "Prospecting": DealStatus.OPEN,
    "Qualification": DealStatus.OPEN,
    "Proposal": DealStatus.OPEN,
    "Negotiation": DealStatus.OPEN,
    "Closed Won": DealStatus.WON,
    "Closed Lost": DealStatus.LOST,
}
"""Stages that every EspoCRM begins with."""


class Stages:
    """EspoCRM is asked when the first stage turns up that somebody made, once a connector."""

    def __init__(self, api: EspoApi) -> None:
        self._api = api
        self._lock = Lock()

    def status(self, stage: str) -> DealStatus:
        if stage in USUAL or not stage:
            return USUAL.get(stage, DealStatus.OPEN)
        with self._lock:
            return self._own.get(stage, DealStatus.OPEN)

    @cached_property
    def _own(self) -> dict[str, DealStatus]:
        try:
            chances = self._api.metadata("entityDefs.Opportunity.fields.stage.probabilityMap")
        except (Forbidden, Gone):
            return {}
        return {stage: _status(chance) for stage, chance in chances.items()} if isinstance(chances, dict) else {}


def _status(chance: Any) -> DealStatus:
    if not chance:
        return DealStatus.LOST
    return DealStatus.WON if chance >= 100 else DealStatus.OPEN
