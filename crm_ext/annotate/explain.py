"""An annotation in words: the one place where ids become sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crm_ext.domain.annotation import UNKNOWN_STAGE, Annotation, Avoid, Evidence, Reason, Step, Value
from crm_ext.playbook import Playbook

LINES = 5
QUOTE = 60
BOUNDS = frozenset({"ceiling", "floor"})


class _Gaps(dict[str, Any]):
    """Params of a sentence; one that is missing leaves no braces behind."""

    def __missing__(self, key: str) -> str:
        return ""


def render(annotation: Annotation, playbook: Playbook, lang: str = "en") -> dict[str, Any]:
    """The annotation as JSON, its words in one language."""
    return {
        "id": annotation.id,
        "stage": None if annotation.stage is None else int(annotation.stage),
        "stage_name": annotation.stage_name,
        "enough_evidence": annotation.enough_evidence,
        "confidence": annotation.confidence,
        "trust": {
            "level": annotation.trust.level,
            "band": annotation.trust.band.value,
            "person": annotation.trust.person,
            "product": annotation.trust.product,
            "company": annotation.trust.company,
        },
        "buying_role": annotation.buying_role,
        "personality": annotation.personality,
        "value": _value(annotation.value),
        "alerts": list(annotation.alerts),
        "alert_texts": [_alert(each, playbook, lang) for each in annotation.alerts],
        "tactics": [_step(each, playbook, lang) for each in annotation.tactics],
        "avoid": [_avoid(each, playbook, lang) for each in annotation.avoid],
        "evidence": [_evidence(each, playbook, lang) for each in annotation.evidence],
        "traits": [_trait(each, playbook, lang) for each in annotation.traits],
        "missing": [{"marker": each, "text": playbook.markers[each].missing.lang(lang)} for each in annotation.missing],
        "playbook": annotation.playbook,
        "as_of": annotation.as_of.date().isoformat(),
        "due_at": annotation.due_at.isoformat() if annotation.due_at else None,
    }


def reasons(annotation: Annotation, playbook: Playbook, lang: str = "en") -> str:
    """What a rep reads in ten seconds: the five strongest lines, and what the others add up to."""
    if annotation.stage is None:
        return _text(playbook, "unknown", lang)
    return "\n".join(_lines(annotation.evidence, playbook, lang))


def headline(annotation: Annotation, playbook: Playbook, lang: str) -> str:
    if annotation.stage is None:
        return _text(playbook, "unknown", lang)
    stage = playbook.stages[annotation.stage].name.lang(lang)
    band = _text(playbook, f"band_{annotation.trust.band.value}", lang)
    return _text(playbook, "headline", lang, stage=stage, level=annotation.trust.level, band=band)


def label(marker: str, playbook: Playbook, lang: str) -> str:
    """The name of a signal, marker, alert or of a bound of the trust level."""
    for table in (playbook.signals, playbook.markers, playbook.alerts):
        if marker in table:
            name: str = table[marker].name.lang(lang)
            return name.partition(": " if lang == "en" else "：")[0]
    return _text(playbook, marker, lang)


def sentence(reason: Reason, playbook: Playbook, lang: str) -> str:
    """A reason in words; params that are ids are named."""
    text = playbook.reasons.get(reason.id)
    params = {key: _param(value, playbook, lang) for key, value in reason.params.items()}
    return text.lang(lang).format_map(_Gaps(params)) if text else reason.id


def _param(value: str | float, playbook: Playbook, lang: str) -> str:
    if isinstance(value, str):
        return label(value, playbook, lang)
    return f"{value:g}"


def _lines(evidence: Iterable[Evidence], playbook: Playbook, lang: str) -> list[str]:
    ranked = sorted(evidence, key=lambda each: (each.marker in BOUNDS, -abs(each.weight)))
    shown, rest = ranked[:LINES], ranked[LINES:]
    lines = [_line(each, playbook, lang) for each in shown]
    if rest:
        total = f"{round(sum(each.weight for each in rest), 1):+.1f}"
        lines.append(_text(playbook, "others", lang, n=len(rest), sum=total))
    return lines


def _line(each: Evidence, playbook: Playbook, lang: str) -> str:
    day = f" ({each.at.date().isoformat()})" if each.at else ""
    quote = f" “{_short(each.quote)}”" if each.quote else ""
    return f"{each.weight:+.1f} {label(each.marker, playbook, lang)}{day}{quote}"


def _short(quote: str) -> str:
    return quote if len(quote) <= QUOTE else f"{quote[: QUOTE - 1]}…"


def _step(step: Step, playbook: Playbook, lang: str) -> dict[str, Any]:
    tactic = playbook.tactics[step.id]
    return {
        "id": step.id,
        "text": tactic.text.lang(lang),
        "why": sentence(step.why, playbook, lang),
        "how": tactic.how.lang(lang),
        "opening": tactic.opening.lang(lang),
        "expect": tactic.expect.lang(lang),
        "channel": tactic.channel,
        "due": step.due.isoformat() if step.due else None,
        "source": tactic.source,
    }


def _avoid(avoid: Avoid, playbook: Playbook, lang: str) -> dict[str, Any]:
    return {
        "id": avoid.id,
        "text": playbook.tactics[avoid.id].text.lang(lang),
        "why": sentence(avoid.why, playbook, lang),
    }


def _alert(alert: str, playbook: Playbook, lang: str) -> dict[str, Any]:
    row = playbook.alerts[alert]
    texts = {"text": row.name, "why": row.why, "recovery": row.recovery}
    return {"id": alert, "act": row.act, **{key: text.lang(lang) for key, text in texts.items()}}


def _trait(trait: str, playbook: Playbook, lang: str) -> dict[str, Any]:
    row = next(each for each in playbook.traits if each.id == trait)
    return {"id": trait, "kind": row.kind, "text": row.name.lang(lang), "source": row.source}


def _evidence(each: Evidence, playbook: Playbook, lang: str) -> dict[str, Any]:
    return {
        "marker": each.marker,
        "text": label(each.marker, playbook, lang),
        "object": each.object.value,
        "weight": each.weight,
        "at": _day(each.at),
        "event": each.event,
        "quote": each.quote,
        "source": each.source,
        "rule": each.rule,
    }


def _day(at: datetime | None) -> str | None:
    return at.date().isoformat() if at else None


def _value(value: Value) -> dict[str, Any]:
    return {
        "orders": value.orders,
        "cb": value.cb,
        "av": value.av,
        "p": value.p,
        "orders_expected": value.orders_expected,
        "ev": value.ev,
        "class": value.cls,
    }


def _text(playbook: Playbook, name: str, lang: str, **params: Any) -> str:
    text = playbook.texts.get(name)
    return text.lang(lang).format_map(_Gaps(params)) if text else name


def stage_label(annotation: Annotation, playbook: Playbook, lang: str) -> str:
    """The stage's name in a language."""
    if annotation.stage is None:
        return _text(playbook, f"{UNKNOWN_STAGE}_stage", lang)
    return playbook.stages[annotation.stage].name.lang(lang)
