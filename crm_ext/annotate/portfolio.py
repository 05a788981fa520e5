"""The figures of all buyers together: one pass over their summaries, 64 bytes a buyer."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from crm_ext.annotate import bgnbd, spend
from crm_ext.annotate.bgnbd import Buyers, Rhythm, Vector
from crm_ext.annotate.value import CHECK_DAYS, HORIZON_DAYS, Purchases, Summary, worth
from crm_ext.playbook import Playbook

CLASS_SHARES: Mapping[str, float] = MappingProxyType({"A": 0.80, "B": 0.95})
CLASS_PARAMETERS: Mapping[str, str] = MappingProxyType({"A": "class_a", "B": "class_b"})
LEAST_BUYERS, LEAST_REPEAT_BUYERS = 50, 20
DAYS_A_WEEK = 7
WEEKS = 1 << 17  # more than there are in a date
MOST_RANKED = 200_000  # so many buyers, evenly taken, tell the class cuts
ORDERS, REPEATS, LAST, AGE, PRICED, SPENT, RECENT, LAST_BEFORE = range(8)


def fit(
    buyers: Iterable[Summary | None],
    horizon_days: int = HORIZON_DAYS,
    classes: Mapping[str, float] = CLASS_SHARES,
    prior: Rhythm | None = None,
) -> Purchases:
    """The portfolio's figures; below LEAST_BUYERS the prior stands for its rhythm.

    `classes`: each class reaches down to this share of the whole EV. Money is fitted per currency.
    """
    rows: dict[str, array[float]] = defaultdict(lambda: array("d"))
    for each in buyers:
        if each is not None and each.orders:
            rows[each.currency].extend(_row(each))
    tables = {currency: np.frombuffer(row).reshape(-1, 8) for currency, row in sorted(rows.items())}
    if not tables:
        return Purchases(horizon_days, rhythm=prior or Rhythm())
    everyone = next(iter(tables.values())) if len(tables) == 1 else np.concatenate(list(tables.values()))
    models = {currency: spend.fit(table[:, PRICED], table[:, SPENT]) for currency, table in tables.items()}
    fitted = Purchases(
        horizon_days,
        len(everyone),
        rhythm(everyone, prior or Rhythm()),
        float(everyone[:, ORDERS].sum() / (everyone[:, REPEATS] + 1).sum()),
        {currency: model for currency, model in models.items() if model is not None},
    )
    evs = {currency: _evs(tables[currency], fitted, currency) for currency in fitted.spend}
    return replace(fitted, cuts={currency: _cuts(ev, classes) for currency, ev in evs.items()})


def shares(playbook: Playbook) -> Mapping[str, float]:
    """The class cuts that the playbook sets."""
    return {name: playbook.parameters.get(key, CLASS_SHARES[name]) for name, key in CLASS_PARAMETERS.items()}


def rhythm(table: Vector, prior: Rhythm) -> Rhythm:
    """The buyers' rhythm, with the share of those who come back as their own last days show it."""
    if _too_few(table[:, REPEATS]):
        return prior
    buyers, _ = _distinct(table[:, REPEATS], table[:, LAST], table[:, AGE])
    return bgnbd.fit(buyers, replace(prior, returns=_returns(table, prior)))


def _returns(table: Vector, prior: Rhythm) -> float:
    """Fitted on what was known CHECK_DAYS ago, and held against the orders since."""
    seen = (table[:, LAST_BEFORE] >= 0) & (table[:, AGE] >= CHECK_DAYS)
    recent = table[seen, RECENT]
    repeats = table[seen, REPEATS] - recent
    if _too_few(repeats):
        return prior.returns
    buyers, of = _distinct(repeats, table[seen, LAST_BEFORE], table[seen, AGE] - CHECK_DAYS)
    came = np.bincount(of, weights=recent, minlength=len(buyers.x))
    return bgnbd.fit_returns(bgnbd.fit(buyers, prior), buyers, came, CHECK_DAYS)


def _too_few(repeats: Vector) -> bool:
    return len(repeats) < LEAST_BUYERS or int((repeats > 0).sum()) < LEAST_REPEAT_BUYERS


def _distinct(x: Vector, tx: Vector, t: Vector) -> tuple[Buyers, NDArray[np.intp]]:
    """Rows by whole weeks, so that a large portfolio has few distinct ones; and which is whose."""
    tx_weeks, t_weeks = (np.rint(each / DAYS_A_WEEK).astype(np.int64) for each in (tx, t))
    packed = (x.astype(np.int64) * WEEKS + tx_weeks) * WEEKS + t_weeks
    keys, of, count = np.unique(packed, return_inverse=True, return_counts=True)
    rest, found_t = np.divmod(keys, WEEKS)
    found_x, found_tx = np.divmod(rest, WEEKS)
    days = (found_x, found_tx * DAYS_A_WEEK, found_t * DAYS_A_WEEK)
    return Buyers(*(each.astype(np.float64) for each in (*days, count))), of


def _row(each: Summary) -> tuple[float, ...]:
    return tuple(value for value in each if not isinstance(value, str))


def _evs(table: Vector, purchases: Purchases, currency: str) -> Vector:
    every = max(len(table) // MOST_RANKED, 1)
    found = (
        worth(Summary(int(orders), int(repeats), int(last), int(age), int(priced), spent, currency), purchases).ev
        for orders, repeats, last, age, priced, spent, _, _ in (row.tolist() for row in table[::every])
    )
    return np.fromiter((ev or 0.0 for ev in found), np.float64)


def _cuts(ev: Vector, shares: Mapping[str, float]) -> dict[str, float]:
    """The EV of the last buyer of each class: a class begins with the buyer at whom the one before is full."""
    ranked = np.sort(np.maximum(ev, 0.0))[::-1]
    before = np.cumsum(ranked) - ranked
    return {name: float(ranked[before < share * ranked.sum()].min(initial=np.inf)) for name, share in shares.items()}
