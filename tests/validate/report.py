"""The figures of one trial, each beside its target and its peers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.validate import peers
from tests.validate.measures import Vector, auc, calibration_error, normalised_gini
from tests.validate.purchases import Trial

LEAST_AUC, MOST_ERROR, MOST_OFF = 0.775, 0.05, 0.15


@dataclass(frozen=True)
class Figure:
    """One figure of ours; `wanted` None where it is only for comparison."""

    name: str
    found: float
    wanted: str = ""
    met: bool | None = None


def figures(trial: Trial) -> Iterator[Figure]:
    """All figures, ours before those of the peers."""
    came, later = trial.came_back, trial.later_orders
    trust = column(trial, lambda each: each.trust.level)
    chance = column(trial, lambda each: each.value.p)
    expected = float(column(trial, lambda each: each.value.orders_expected).sum() / later.sum())
    error, rank = calibration_error(chance, came), auc(trust, came)
    gini = normalised_gini(column(trial, lambda each: each.value.ev), trial.later_money)
    peer = normalised_gini(peers.money(trial), trial.later_money)
    yield Figure("trust level, AUC", rank, f">= {LEAST_AUC}", rank >= LEAST_AUC)
    yield Figure("p, calibration error", error, f"<= {MOST_ERROR}", error <= MOST_ERROR)
    yield Figure("orders expected / came", expected, f"1 ± {MOST_OFF}", abs(expected - 1) <= MOST_OFF)
    yield Figure("EV, normalised Gini", gini, f">= {peer:.4f}", gini >= peer)
    yield Figure("p, AUC", auc(chance, came))
    yield Figure("BG/NBD × Gamma-Gamma, normalised Gini", peer)
    yield Figure("BG/NBD, orders expected / came", float(peers.orders(trial).sum() / later.sum()))
    for name, score in rankings(trial).items():
        yield Figure(f"{name}, AUC", auc(score, came))


def rankings(trial: Trial) -> Mapping[str, Vector]:
    return {
        "BG/NBD": peers.orders(trial),
        "recency": peers.recency(trial),
        "frequency": peers.frequency(trial),
        "RFM quintiles": peers.rfm(trial),
        "logistic, learned on the outcome": peers.logistic(trial),
    }


def bands(trial: Trial) -> Mapping[str, int]:
    """How many contacts stand in each stage and band: purchases alone are not above the second of each."""
    return dict(sorted(Counter(f"{each.stage_name}, {each.trust.band}" for each in trial.annotations).items()))


def column(trial: Trial, of: Any) -> Vector:
    return np.array([of(each) for each in trial.annotations], dtype=np.float64)
