"""When time alone changes what is written: worked out from the rules' own limits, without judging again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import log2

from crm_ext.annotate.compiled import Limits
from crm_ext.annotate.fold import Line
from crm_ext.annotate.judge import Judged
from crm_ext.annotate.trust import HALF, ROUND
from crm_ext.domain.annotation import BAND_LIMITS
from crm_ext.playbook.facts import NEVER
from crm_ext.playbook.rules import Facts

BANDS = tuple(limit for limit, _ in BAND_LIMITS)
LEAST_STEP = 1 / 24
MOST_STEPS = 60
HALVINGS = 18
SLACK = 0.2


def next_limit(limits: Limits, facts: Facts) -> float:
    """Days until the first of the facts that grow with time reaches the next limit that a rule names."""
    soonest = NEVER
    for name, values in limits:
        value = facts[name]
        if value < values[-1] and (per_day := _growth(facts, name)):
            soonest = min(soonest, (values[bisect_right(values, value)] - value) / per_day)
    return soonest


def _growth(facts: Facts, name: str) -> float:
    if name == "silence_ratio":
        return 1.0 / facts["norm"]
    if name == "order_ratio":
        return facts[name] / facts["order_age"] if facts["order_age"] else 0.0
    return 1.0


def leaves_band(judged: Judged, lines: Sequence[Line], allowance: float, diminishing: float, within: float) -> float:
    """Days until the level has moved to another band, NEVER where it does not within so many days."""
    band = bisect_right(BANDS, judged.trust.level)
    lower, upper = (-NEVER, *BANDS)[band], (*BANDS, NEVER)[band]
    if not lines or (judged.floor >= lower and judged.ceiling < upper) or (not band and not _against(lines)):
        return NEVER
    if _stays(lines, allowance, within, judged.trust.level - lower, upper - judged.trust.level):
        return NEVER
    quickest = min([line.row.half_life for line in lines])
    days = 0.0

    def moved(later: float) -> bool:
        parts = _parts(_weights(lines, allowance, later), diminishing)
        level = sum(int(part * 10 + ROUND) for part in parts) / 10
        return bisect_right(BANDS, min(max(level, judged.floor), judged.ceiling)) != band

    for _ in range(MOST_STEPS):
        safe = quickest * _safe(_weights(lines, allowance, days), diminishing, lower, upper)
        if days + safe >= within:
            return NEVER
        before, days = days, days + max(safe, LEAST_STEP)
        if moved(days):
            return _between(moved, before, days)
    return days


def _stays(lines: Sequence[Line], allowance: float, within: float, fall: float, rise: float) -> bool:
    """Whether the level neither falls nor rises by so much even if each line's loss counted in full and at once."""
    for line in lines:
        row, over = line.row, line.age - allowance
        if over + within > 0:
            lost = row.weight * (HALF ** (max(over, 0.0) / row.half_life) - HALF ** ((over + within) / row.half_life))
            if lost > 0:
                fall -= lost
            else:
                rise += lost
    return fall > SLACK and rise > SLACK


def _safe(weights: list[tuple[float, int]], diminishing: float, lower: float, upper: float) -> float:
    """In half-lives of the quickest line, how long the level stays between two others for certain."""
    level = sum(_parts(weights, diminishing))
    for_us = sum(weight for weight, _ in weights if weight > 0)
    against = for_us - sum(weight for weight, _ in weights)
    return min(_halving(for_us, level - lower - SLACK), _halving(against, upper - level - SLACK))


def _halving(mass: float, room: float) -> float:
    """How many half-lives it takes until so much of a mass has decayed."""
    if room <= 0:
        return 0.0
    return log2(mass / (mass - room)) if mass > room else NEVER


def _between(moved: Callable[[float], bool], before: float, after: float) -> float:
    for _ in range(HALVINGS):
        middle = (before + after) / 2
        before, after = (before, middle) if moved(middle) else (middle, after)
    return after


def _against(lines: Sequence[Line]) -> bool:
    return any(line.row.weight < 0 for line in lines)


def _weights(lines: Sequence[Line], allowance: float, later: float) -> list[tuple[float, int]]:
    """Each line's weight and object so many days later."""
    weights = []
    for line in lines:
        row, over = line.row, line.age + later - allowance
        weights.append((row.weight * HALF ** (over / row.half_life) if over > 0 else row.weight, row.part))
    return weights


def _parts(weights: list[tuple[float, int]], diminishing: float) -> list[float]:
    """What each object's lines are worth together."""
    parts, factors = [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]
    for weight, part in sorted(weights, reverse=True):
        parts[part] += weight * factors[part] if weight > 0 else weight
        factors[part] *= diminishing
    return [max(part, 0.0) for part in parts]
