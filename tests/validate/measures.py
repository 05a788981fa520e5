"""How well a score ranks and a chance is meant: plain definitions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Vector = NDArray[np.float64]
BINS = 10


def auc(score: Vector, came: NDArray[np.bool_]) -> float:
    """The chance that one who came scored higher than one who did not; half for a draw."""
    ranks, yes = rankdata(score), int(came.sum())
    return float((ranks[came].sum() - yes * (yes + 1) / 2) / (yes * (len(came) - yes)))


def calibration_error(chance: Vector, came: NDArray[np.bool_]) -> float:
    """Expected calibration error: the mean gap between chance and outcome in ten bins of equal width."""
    bins = np.minimum((chance * BINS).astype(int), BINS - 1)
    gaps = [(bins == each).sum() * abs(float(np.mean(chance[bins == each] - came[bins == each]))) for each in set(bins)]
    return float(sum(gaps) / len(chance))


def normalised_gini(score: Vector, money: Vector) -> float:
    """How much of the later money those with high scores bring, 1 for the best possible order."""
    return _lift(money[np.argsort(-score, kind="stable")]) / _lift(np.sort(money)[::-1])


def _lift(ordered: Vector) -> float:
    return float(np.cumsum(ordered).mean() / ordered.sum() - 0.5 - 0.5 / len(ordered))
