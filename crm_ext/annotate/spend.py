"""What an order of one buyer brings: the Gamma-Gamma model of Fader and Hardie (2013).

The mean order of a buyer scatters around that of all buyers; with few orders of his own the portfolio speaks for him.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from crm_ext.annotate.bgnbd import Vector

LEAST_BUYERS, LEAST_REPEAT_BUYERS = 50, 20
LEAST_Q = 1.05  # below 1 the mean of all buyers is infinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """The mean order of a buyer with n orders worth s in all is (s + orders × portfolio) / (n + orders).

    `orders`: how many orders' worth of trust the portfolio's mean deserves. In the terms of the paper
    `orders` = (q - 1) / p and `portfolio` = p γ / (q - 1).
    """

    portfolio: float = 0.0
    orders: float = 0.0

    def mean(self, priced: int, spent: float) -> float:
        known = priced + self.orders
        return max(0.0, (spent + self.orders * self.portfolio) / known) if known else 0.0


def fit(priced: Vector, spent: Vector) -> Spend | None:
    """Fitted on all buyers with known money; of few the geometric mean, worth one order; None without money."""
    known = (priced > 0) & (spent > 0)
    if not known.any():
        return None
    n, mean = priced[known], spent[known] / priced[known]
    if known.sum() < LEAST_BUYERS or (n > 1).sum() < LEAST_REPEAT_BUYERS:
        return Spend(portfolio=float(np.exp(np.log(mean).mean())), orders=1.0)
    return _gamma_gamma(*_binned(n, mean))


def _binned(n: Vector, mean: Vector) -> tuple[Vector, Vector, Vector]:
    """Rows that differ by less than two per cent in their mean count as one."""
    rows, count = np.unique(np.column_stack([n, np.rint(np.log(mean) * 50) / 50]), axis=0, return_counts=True)
    return rows[:, 0], np.exp(rows[:, 1]), count.astype(np.float64)


def _gamma_gamma(n: Vector, mean: Vector, count: Vector) -> Spend:
    total = float(count.sum())
    scale = float(count @ mean) / total

    def parameters(logs: Vector) -> tuple[float, float, float]:
        p, q, gamma = np.exp(logs).tolist()
        return p, LEAST_Q + q, gamma * scale

    def loss(logs: Vector) -> float:
        p, q, gamma = parameters(logs)
        likelihood = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(gamma)
        likelihood += p * n * np.log(n * mean) - np.log(mean) - (p * n + q) * np.log(gamma + n * mean)
        return -float(count @ likelihood) / total + 1e-4 * float((logs**2).sum())

    p, q, gamma = parameters(minimize(loss, np.zeros(3), method="L-BFGS-B", bounds=[(-7, 7)] * 3).x)
    return Spend(portfolio=p * gamma / (q - 1), orders=(q - 1) / p)
