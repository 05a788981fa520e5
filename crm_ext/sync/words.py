"""Our fields as a CRM shows them: names and options, labelled in the instance's language by the playbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crm_ext.domain.annotation import UNKNOWN_STAGE
from crm_ext.domain.tags import (
    ALERTS,
    AS_OF,
    AVOID,
    BAND,
    BAND_VALUES,
    CLASS,
    CLASS_VALUES,
    KINDS,
    LEVEL,
    NEXT_STEP,
    REASONS,
    STAGE,
    TagSpec,
)
from crm_ext.playbook import Playbook
from crm_ext.sync import playbooks

Options = tuple[tuple[str, str], ...]

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        STAGE: "Relationship stage",
        LEVEL: "Trust level",
        BAND: "Trust",
        ALERTS: "Relationship alerts",
        CLASS: "Customer class",
        NEXT_STEP: "Next step",
        AVOID: "Avoid now",
        REASONS: "Why",
        AS_OF: "Judged on",
    },
    "zh": {
        STAGE: "关系阶段",
        LEVEL: "信任度",
        BAND: "信任等级",
        ALERTS: "关系预警",
        CLASS: "客户等级",
        NEXT_STEP: "下一步",
        AVOID: "目前避免",
        REASONS: "理由",
        AS_OF: "判断日期",
    },
}


def tag_specs(lang: str) -> tuple[TagSpec, ...]:
    """Our fields with their options, in the order in which they are made."""
    playbook = playbooks.active()
    return tuple(
        TagSpec(name, LABELS[lang][name], kind, _options(name, playbook, lang)) for name, kind in KINDS.items()
    )


def _options(name: str, playbook: Playbook, lang: str) -> Options:
    make = OPTIONS.get(name)
    return make(playbook, lang) if make else ()


def _stages(playbook: Playbook, lang: str) -> Options:
    unknown = (UNKNOWN_STAGE, playbook.texts["unknown_stage"].lang(lang))
    return (unknown, *((stage.key, stage.name.lang(lang)) for stage in playbook.stages))


def _bands(playbook: Playbook, lang: str) -> Options:
    return tuple((band, playbook.texts[f"band_{band}"].lang(lang)) for band in BAND_VALUES)


def _alerts(playbook: Playbook, lang: str) -> Options:
    return tuple((each.id, each.name.lang(lang)) for each in playbook.alerts.values())


def _tactics(playbook: Playbook, lang: str) -> Options:
    return tuple((each.id, each.text.lang(lang)) for each in playbook.tactics.values())


def _classes(_playbook: Playbook, _lang: str) -> Options:
    return tuple((each, each) for each in CLASS_VALUES)


OPTIONS: Mapping[str, Callable[[Playbook, str], Options]] = {
    STAGE: _stages,
    BAND: _bands,
    ALERTS: _alerts,
    CLASS: _classes,
    NEXT_STEP: _tactics,
    AVOID: _tactics,
}
