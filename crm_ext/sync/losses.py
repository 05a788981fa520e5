"""The causes of losses in words, with how often the training says each occurs."""

from __future__ import annotations

from typing import Any

from crm_ext.annotate.explain import label
from crm_ext.playbook.diagnoses import loss_of
from crm_ext.sync import playbooks


def loss_causes(lang: str) -> list[dict[str, Any]]:
    """`id`, `name` and `share` (percent, as the training claims) of each cause."""
    return [
        {"id": each.id, "name": each.name.lang(lang), "share": each.share}
        for each in loss_of(playbooks.active()).causes
    ]


def signal_name(signal: str, lang: str) -> str:
    """What a signal is called; one that the playbook does not know goes by its id."""
    return label(signal, playbooks.active(), lang)


def warnings() -> tuple[str, ...]:
    """The alerts that warn before something is lost."""
    return tuple(each.id for each in playbooks.active().alerts.values() if each.act == "before")
