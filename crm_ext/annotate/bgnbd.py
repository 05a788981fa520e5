"""How often buyers buy again: the BG/NBD model of Fader, Hardie and Lee (2005), in days.

A buyer orders at a rate λ ~ Gamma(r, α) and stops for good after an order with probability π ~ Beta(a, b). What is
known of one buyer is `x` repeat orders, the age `tx` of the last one and `t` of now, both counted from the first order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log
from math import pow as power_of
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

Vector = NDArray[np.float64]
NODES = 12
MOST_LOG = 700.0
PRIOR_BUYERS = 5
PRIOR_ORDERS = 10
MOST_RETURNS = 0.5
TINY = 1e-9


class Buyers(NamedTuple):
    """A table of buyers: repeat orders, age of the last, of now, and the number of buyers that a row stands for."""

    x: Vector
    tx: Vector
    t: Vector
    number: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The four parameters of a portfolio; the defaults stand for none in particular: an order or two a year.

    BG/NBD takes a buyer who stopped as lost for good, and so foretells too few orders of those who were silent for
    long. `returns` is the share of them who buy on at their old rate.
    """

    r: float = 0.5
    alpha: float = 120.0
    a: float = 1.0
    b: float = 3.0
    returns: float = 0.15

    def alive(self, x: int, tx: float, t: float) -> float:
        """The chance that the buyer has not stopped. 1 for every one-time buyer: no measure of trust."""
        if x == 0:
            return 1.0
        silence = (self.r + x) * log((self.alpha + t) / (self.alpha + tx))
        return 1 / (1 + self.a / (self.b + x - 1) * exp(min(silence, MOST_LOG)))

    def active(self, x: int, tx: float, t: float) -> float:
        """The chance that the buyer goes on: has not stopped, or comes back."""
        return self.returns + (1 - self.returns) * self.alive(x, tx, t)

    def chance(self, x: int, tx: float, t: float, horizon: float) -> float:
        """The chance of at least one order within the horizon."""
        return self.active(x, tx, t) * (1 - self.silence(x, t, horizon))

    def silence(self, x: int, t: float, horizon: float) -> float:
        """The chance that a buyer who goes on orders nothing within the horizon."""
        return power_of((self.alpha + t) / (self.alpha + t + horizon), self.r + x)

    def orders(self, x: int, tx: float, t: float, horizon: float) -> float:
        """The expected number of orders within the horizon."""
        return self.active(x, tx, t) * orders_if_alive(self, x, t, horizon)

    def outlook(self, x: int, tx: float, t: float, horizon: float, reach: int) -> tuple[float, float, float]:
        """The chance of an order within the horizon; the orders expected in it; and, times that chance, those expected
        within `reach` horizons if there is one in the first.
        """
        active, later_active = self.active(x, tx, t), self.active(x, tx, t + horizon)
        silence, soon, whole, rest = _if_alive(self, x, t, horizon, reach)
        p = active * (1 - silence)
        return p, active * soon, max(active * whole - (1 - p) * later_active * rest, active * soon)


@lru_cache(maxsize=65536)
def _if_alive(rhythm: Rhythm, x: int, t: float, horizon: float, reach: int) -> tuple[float, float, float, float]:
    """Of a buyer who has not stopped: the chance of silence, orders within one horizon and within `reach`; and the
    orders within all but the first, were the first silent."""
    return (
        rhythm.silence(x, t, horizon),
        orders_if_alive(rhythm, x, t, horizon),
        orders_if_alive(rhythm, x, t, horizon * reach),
        orders_if_alive(rhythm, x, t + horizon, horizon * (reach - 1)),
    )


@lru_cache(maxsize=512)
def _nodes(a: float, b: float) -> tuple[tuple[float, float], ...]:
    """Points and weights that average a smooth function over Beta(a, b): Gauss and Jacobi, by Golub and Welsch."""
    k, both = np.arange(2.0, NODES), a + b - 2
    span = 2 * k + both
    middle = (a - b) * both / ((span - 2) * span)
    last = (a - b) * both / (span[-1] * (span[-1] + 2))
    side = k * (k + b - 1) * (k + a - 1) * (k + both) / (span**2 * (span + 1) * (span - 1))
    middle = np.concatenate([[(a - b) / (a + b)], middle, [last]])
    side = np.concatenate([[a * b / ((a + b) ** 2 * (a + b + 1))], side])
    points, vectors = eigh_tridiagonal(middle, 2 * np.sqrt(side))
    return tuple(zip(np.clip((points + 1) / 2, TINY, 1).tolist(), (vectors[0] ** 2).tolist(), strict=True))


def orders_if_alive(rhythm: Rhythm, x: int, t: float, horizon: float) -> float:
    """Expected orders of a buyer who has not stopped: the average over π of (1 - chance of silence at rate λπ) / π."""
    base, order = rhythm.alpha + t, rhythm.r + x
    nodes = _nodes(rhythm.a, rhythm.b + x)
    return sum(weight * (1 - power_of(base / (base + pi * horizon), order)) / pi for pi, weight in nodes)


def log_likelihood(rhythm: Rhythm, x: Vector, tx: Vector, t: Vector) -> Vector:
    """One figure per buyer."""
    r, alpha, a, b = rhythm.r, rhythm.alpha, rhythm.a, rhythm.b
    orders = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    going_on = -(r + x) * np.log(alpha + t)
    stopped = np.log(a) - np.log(np.maximum(b + x - 1, b)) - (r + x) * np.log(alpha + tx)
    return np.asarray(orders + np.where(x > 0, np.logaddexp(going_on, stopped), going_on), dtype=np.float64)


def fit(buyers: Buyers, prior: Rhythm) -> Rhythm:
    """The most likely parameters, held near the prior as if by a few buyers more."""
    x, tx, t, count = buyers
    centre = np.log([prior.r, prior.alpha, prior.a, prior.b])
    total = float(count.sum())

    def loss(logs: Vector) -> float:
        pull = PRIOR_BUYERS * float(((logs - centre) ** 2).sum()) / 2
        return (pull - float(count @ log_likelihood(_rhythm(logs), x, tx, t))) / total

    best = minimize(loss, centre, method="L-BFGS-B", bounds=[(each - 6, each + 6) for each in centre])
    return replace(_rhythm(best.x), returns=prior.returns)


def fit_returns(rhythm: Rhythm, buyers: Buyers, came: NDArray[np.number], days: float) -> float:
    """The share of the stopped who come back: what explains best the orders that `came` within `days` afterwards.

    Orders of a row are `busy` × (those of the active + returns × those of the stopped), by weighted least squares,
    since a season makes all busier alike; held near what the rhythm already has as if by some rows more.
    """
    x, tx, t, count = buyers
    alive = np.array([rhythm.alive(*row) for row in zip(x.tolist(), tx.tolist(), t.tolist(), strict=True)])
    active = np.array([orders_if_alive(rhythm, *row, days) for row in zip(x.tolist(), t.tolist(), strict=True)])
    going, gone = count * alive * active, count * (1 - alive) * active
    weight = 1 / np.maximum(going + gone, TINY)
    matrix = np.array([[weight @ going**2, weight @ (going * gone)], [weight @ (going * gone), weight @ gone**2]])
    busy, back = np.linalg.solve(matrix + TINY * np.eye(2), [weight @ (going * came), weight @ (gone * came)])
    known = float(weight @ gone**2)
    found = min(max(float(back / busy) if busy > TINY else rhythm.returns, 0.0), MOST_RETURNS)
    return (known * found + PRIOR_ORDERS * rhythm.returns) / (known + PRIOR_ORDERS)


def _rhythm(logs: Vector) -> Rhythm:
    r, alpha, a, b = np.exp(logs).tolist()
    return Rhythm(r=r, alpha=alpha, a=a, b=b)
