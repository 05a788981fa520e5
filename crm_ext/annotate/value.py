"""What a contact is worth: EV = CB + AV × P (text 002), from the rhythm of its own orders and that of all buyers.

CB: money so far. P: the chance of an order within the horizon. AV: the money of the orders to come if there is one.

Money of several currencies is never added up: a contact counts in the currency of most of its orders, and class cuts
and typical spend are kept per currency. The rhythm counts orders of every currency.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from math import fsum
from typing import Any, NamedTuple

from crm_ext.annotate.bgnbd import Rhythm
from crm_ext.annotate.spend import Spend
from crm_ext.domain.annotation import Value
from crm_ext.domain.events import Event, EventType

ORDER = EventType.ORDER
HORIZON_DAYS = 270
AV_HORIZONS = 4  # the orders to come are counted three years ahead, as usual for the value of a customer
CHECK_DAYS = 90
LAST_CLASS = "C"
NO_MONEY = 1e15  # what is larger, or no number, is a slip of somebody's finger


class Summary(NamedTuple):
    """One buyer's orders in short.

    `repeats` counts the days with an order after the first; `last` is the last of them and `age` is now, in days since
    the first. `priced` orders brought `spent` in `currency`. `recent` counts the days with an order among the last
    CHECK_DAYS, `last_before` the last one before these, -1 where there was none: by them a portfolio is checked.
    """

    orders: int
    repeats: int
    last: int
    age: int
    priced: int = 0
    spent: float = 0.0
    currency: str = ""
    recent: int = 0
    last_before: int = -1


@dataclass(frozen=True, slots=True)
class Purchases:
    """What all buyers of a portfolio show together, stored as a version. Without arguments: the plain rule, for
    portfolios with too few buyers.

    `orders_a_day` = orders on a day with an order; `spend` and `cuts` (least EV of each class) are per currency;
    `shares` of the whole EV made the cuts.
    """

    horizon_days: int = HORIZON_DAYS
    buyers: int = 0
    rhythm: Rhythm = field(default_factory=Rhythm)
    orders_a_day: float = 1.0
    spend: Mapping[str, Spend] = field(default_factory=dict)
    cuts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Purchases:
        models = {currency: Spend(**each) for currency, each in row["spend"].items()}
        return cls(**{**row, "rhythm": Rhythm(**row["rhythm"]), "spend": models})

    def class_of(self, ev: float, currency: str) -> str | None:
        cuts = self.cuts.get(currency)
        if cuts is None:
            return None
        return next((name for name, least in cuts.items() if ev >= least), LAST_CLASS)


def value(events: Iterable[Event], as_of: datetime, purchases: Purchases) -> Value:
    """The worth of one contact; events that are no orders, or later than `as_of`, are passed over."""
    known = summary(events, as_of)
    return Value() if known is None else worth(known, purchases)


def summary(events: Iterable[Event], as_of: datetime) -> Summary | None:
    """What the orders show, None without any. Money given back lowers what was spent and is no order."""
    orders = [event for event in events if event.type is ORDER and event.at <= as_of]
    if not orders:
        return None
    bought = [each.at.toordinal() for each in orders if each.amount is None or not each.amount < 0]
    currency = _main_currency(orders)
    amounts = [a for o in orders if (a := o.amount) is not None and abs(a) < NO_MONEY and o.currency == currency]
    days = sorted(set(bought)) or [orders[0].at.toordinal()]
    now = as_of.toordinal()
    before = bisect_right(days, now - CHECK_DAYS)
    return Summary(
        len(bought),
        len(days) - 1,
        days[-1] - days[0],
        now - days[0],
        len([a for a in amounts if a > 0]),
        round(fsum(amounts), 2),
        currency,
        len(days) - before,
        days[before - 1] - days[0] if before else -1,
    )


def worth(known: Summary, purchases: Purchases) -> Value:
    """The value of a summary."""
    if not known.orders:
        return Value(cb=known.spent, currency=known.currency)
    p, soon, later = purchases.rhythm.outlook(known.repeats, known.last, known.age, purchases.horizon_days, AV_HORIZONS)
    expected = soon * purchases.orders_a_day
    model = purchases.spend.get(known.currency) or _own_spend(known)
    if model is None:
        return Value(orders=known.orders, p=p, orders_expected=expected, currency=known.currency)
    coming = later * purchases.orders_a_day * model.mean(known.priced, known.spent)
    ev = known.spent + coming
    cls = purchases.class_of(ev, known.currency)
    return Value(known.orders, known.spent, coming / p if p else 0.0, p, expected, ev, cls, known.currency)


def _main_currency(orders: list[Event]) -> str:
    """That of most orders with money; among equals the first by name, so that the order of input does not matter."""
    named = [each.currency for each in orders if each.amount is not None]
    known = set(named)
    return min(known, key=lambda currency: (-named.count(currency), currency)) if len(known) > 1 else "".join(known)


def _own_spend(known: Summary) -> Spend | None:
    """Where the portfolio tells nothing of money: the contact's own mean."""
    return Spend() if known.priced else None
