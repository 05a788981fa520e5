"""Where a contact stands on the path of stages, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from crm_ext.domain.annotation import Stage
from crm_ext.playbook import Playbook
from crm_ext.sync import playbooks

PATH = (Stage.ACQUAINTANCE, Stage.INTERACTION, Stage.TRUST, Stage.ALLIANCE)
WORD = re.compile(r"\w+")


def place(stage: int | None, lang: str) -> dict[str, Any]:
    """`definition`, `marker` and `summary` of the stage, and `path`: the four stages, each past, here or ahead."""
    playbook = playbooks.active()
    item = None if stage is None else playbook.stages[stage]
    words = {name: getattr(item, name).lang(lang) if item else "" for name in ("definition", "marker", "summary")}
    return {**words, "path": [_step(each, stage, playbook, lang) for each in PATH]}


def _step(each: Stage, now: int | None, playbook: Playbook, lang: str) -> dict[str, str]:
    item = playbook.stages[each]
    state = "here" if each == now else "past" if now is not None and each < now else "ahead"
    return {"key": item.key, "name": item.name.lang(lang), "marker": item.marker.lang(lang), "state": state}


def carriers(stage: int | None, evidence: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of evidence that hold the stage: those of the signals that its markers speak of."""
    signals = frozenset() if stage is None else _signals(playbooks.active(), stage)
    return [line for line in evidence if line["marker"] in signals]


@cache
def _signals(playbook: Playbook, stage: int) -> frozenset[str]:
    spoken = set(WORD.findall(playbook.stages[stage].when))
    markers = [each for each in playbook.markers.values() if each.id in spoken or f"shows_{each.id}" in spoken]
    return frozenset(word for each in markers for word in WORD.findall(each.when)) & playbook.signals.keys()
