"""What others would say of the same buyers: BG/NBD, recency, frequency, RFM, a logistic learned on the answer.

`BG/NBD` and `Gamma-Gamma` are our own fit, without what we added; a test holds it against the published figures.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from crm_ext.annotate import bgnbd, spend
from crm_ext.annotate.bgnbd import Buyers, Rhythm
from tests.validate.measures import Vector
from tests.validate.purchases import Trial

FOLDS = 5
QUINTILES = 5


def published(trial: Trial) -> Rhythm:
    """BG/NBD fitted by the day, and nobody comes back."""
    rows, count = np.unique(_table(trial)[:, :3], axis=0, return_counts=True)
    buyers = Buyers(rows[:, 0], rows[:, 1], rows[:, 2], count.astype(np.float64))
    return bgnbd.fit(buyers, replace(Rhythm(), returns=0.0))


def orders(trial: Trial) -> Vector:
    """Expected orders by BG/NBD."""
    rhythm = published(trial)
    return np.array([rhythm.orders(x, tx, t, trial.horizon_days) for x, tx, t, _ in _table(trial).tolist()])


def money(trial: Trial) -> Vector:
    """Expected money by BG/NBD × Gamma-Gamma, fitted as usual on what came after the first day."""
    n, spent = _repeat_money(trial)
    model = spend.fit(n, spent)
    assert model is not None
    return orders(trial) * np.array([model.mean(int(each), sum_) for each, sum_ in zip(n, spent, strict=True)])


def recency(trial: Trial) -> Vector:
    table = _table(trial)
    return np.asarray(table[:, 1] - table[:, 2])


def frequency(trial: Trial) -> Vector:
    return np.asarray(_table(trial)[:, 0])


def rfm(trial: Trial) -> Vector:
    """Recency, frequency and money in five parts each, added up."""
    parts = (recency(trial), frequency(trial), _table(trial)[:, 3])
    return np.sum([np.ceil(rankdata(each) / len(each) * QUINTILES) for each in parts], axis=0)


def logistic(trial: Trial) -> Vector:
    """Learned on four fifths of the outcome and asked about the rest: what knowing the answer is worth."""
    table, came = _table(trial), trial.came_back.astype(np.float64)
    columns = np.column_stack([np.log1p(table), recency(trial) / 100, np.ones(len(table))])
    fold = np.random.default_rng(1).integers(0, FOLDS, len(table))
    score = np.zeros(len(table))
    for each in range(FOLDS):
        score[fold == each] = columns[fold == each] @ _newton(columns[fold != each], came[fold != each])
    return score


def _newton(columns: Vector, came: Vector) -> Vector:
    weights = np.zeros(columns.shape[1])
    for _ in range(20):
        chance = 1 / (1 + np.exp(-columns @ weights))
        slope = (columns * (chance * (1 - chance))[:, None]).T @ columns + 1e-3 * np.eye(len(weights))
        weights = weights + np.linalg.solve(slope, columns.T @ (came - chance) - 1e-3 * weights)
    return weights


def _table(trial: Trial) -> Vector:
    return np.array([(each.repeats, each.last, each.age, each.spent) for each in trial.summaries], dtype=np.float64)


def _repeat_money(trial: Trial) -> tuple[Vector, Vector]:
    found = []
    for name in trial.known:
        seen = [each for each in trial.buyers[name] if each[0] <= trial.day]
        later = [each for each in seen if each[0] > min(seen)[0]]
        found.append((len({day for day, _ in later}), sum(dollars for _, dollars in later)))
    table = np.array(found, dtype=np.float64)
    return table[:, 0], table[:, 1]
