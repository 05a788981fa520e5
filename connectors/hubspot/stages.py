"""What the account's pipelines say of a stage: its name, and whether it is won, lost or open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

from connectors.hubspot.api import Forbidden, HubSpotApi
from crm_ext.connector_api import DealStatus, Gone

DEFAULTS: Mapping[str, DealStatus] = {"closedwon": DealStatus.WON, "closedlost": DealStatus.LOST}
"""Stages of the pipeline that every account begins with."""


@dataclass(frozen=True, slots=True)
class Stage:
    label: str
    status: DealStatus


class Stages:
    """Pipelines are read when the first row needs them, once a connector."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api
        self._lock = Lock()

    def label(self, kind: str, stage: str) -> str:
        """The stage's name, or its id where the pipelines do not tell."""
        found = self._of(kind).get(stage) if stage else None
        return found.label if found else stage

    def status(self, stage: str) -> DealStatus:
        found = self._of("deals").get(stage)
        return found.status if found else DEFAULTS.get(stage, DealStatus.OPEN)

    def _of(self, kind: str) -> Mapping[str, Stage]:
        with self._lock:
            return self._deals if kind == "deals" else self._tickets

    @cached_property
    def _deals(self) -> Mapping[str, Stage]:
        return self._read("deals")

    @cached_property
    def _tickets(self) -> Mapping[str, Stage]:
        return self._read("tickets")

    def _read(self, kind: str) -> Mapping[str, Stage]:
        try:
            pipelines = self._api.get(self._api.path("pipelines", kind))["results"]
        except (Forbidden, Gone):
            return {}
        return {
            str(stage["id"]): Stage(str(stage.get("label") or stage["id"]), _status(stage))
            for pipeline in pipelines
            for stage in pipeline.get("stages", ())
        }


def _status(stage: Mapping[str, Any]) -> DealStatus:
    """A closed stage is won at a probability of 1, else lost."""
    told = stage.get("metadata") or {}
    chance = float(told.get("probability") or 0.5)
    if str(told.get("isClosed", "")).lower() == "false":
        return DealStatus.OPEN
    return DealStatus.WON if chance >= 1 else DealStatus.LOST if chance <= 0 else DealStatus.OPEN
