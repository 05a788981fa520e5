"""What a contact is worth, from its orders alone and among other buyers."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_ext.annotate import bgnbd
from crm_ext.annotate.bgnbd import Buyers, Rhythm
from crm_ext.annotate.portfolio import fit, shares
from crm_ext.annotate.spend import Spend
from crm_ext.annotate.value import Purchases, Summary, summary, value, worth
from crm_ext.domain.annotation import Value
from crm_ext.domain.events import Event, EventType
from crm_ext.playbook import load

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
PLAIN = Purchases()


def order(days_ago: int, amount: float | None = 100.0, currency: str = "") -> Event:
    return Event(type=EventType.ORDER, at=AS_OF - timedelta(days=days_ago), amount=amount, currency=currency)


orders = st.lists(
    st.builds(
        order,
        st.integers(-400, 4000),
        st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 1e6),
        st.sampled_from(["", "EUR", "USD"]),
    ),
    max_size=12,
)


def test_nothing_is_known_without_orders():
    visit = Event(type=EventType.VISIT, at=AS_OF, amount=500.0)
    assert value([visit], AS_OF, PLAIN) == Value() == value([order(-1)], AS_OF, PLAIN)


def test_ev_is_money_so_far_and_money_to_come():
    found = value([order(400), order(200, 50.0), order(10)], AS_OF, PLAIN)
    assert (found.orders, found.cb) == (3, 250.0)
    assert found.ev == pytest.approx(found.cb + found.av * found.p)
    assert 0 < found.p < 1


def test_a_steady_buyer_is_expected_back_and_one_silent_for_years_less():
    steady = [order(days) for days in range(0, 360, 30)]
    lapsed = [order(days) for days in range(1500, 1860, 30)]
    now, then = value(steady, AS_OF, PLAIN), value(lapsed, AS_OF, PLAIN)
    assert now.p > 0.9
    assert then.p < 0.3
    assert now.orders_expected > 5 * then.orders_expected


def test_a_longer_horizon_raises_the_chance():
    once = [order(30)]
    assert value(once, AS_OF, Purchases(30)).p < value(once, AS_OF, Purchases(300)).p


def test_currencies_are_never_added_up():
    found = value([order(90, 10.0, "EUR"), order(60, 10.0, "EUR"), order(30, 9999.0, "JPY")], AS_OF, PLAIN)
    assert (found.currency, found.cb, found.orders) == ("EUR", 20.0, 3)


def test_money_given_back_is_no_order():
    found = value([order(60, 80.0), order(50, -80.0)], AS_OF, PLAIN)
    assert (found.orders, found.cb) == (1, 0.0)


def test_orders_without_money_have_a_chance_and_no_worth():
    found = value([order(60, None), order(30, None)], AS_OF, PLAIN)
    assert found.p is not None
    assert (found.cb, found.av, found.ev, found.cls) == (0.0, None, None, None)


def test_orders_of_one_day_are_one_occasion():
    assert summary([order(10), order(10), order(5)], AS_OF) == Summary(3, 1, 5, 10, 3, 300.0, "", recent=2)


def test_a_summary_knows_what_was_known_three_months_ago():
    found = summary([order(200), order(120), order(120), order(60)], AS_OF)
    assert (found.repeats, found.recent, found.last_before, found.age) == (2, 1, 80, 200)


@given(orders)
@settings(max_examples=300, deadline=None)
def test_no_orders_of_any_kind_raise(events):
    found = value(events, AS_OF, fit([summary(events, AS_OF)]))
    assert found.p is None or 0 <= found.p <= 1
    assert all(each is None or math.isfinite(each) for each in (found.cb, found.av, found.ev, found.orders_expected))


@given(orders, st.randoms())
@settings(deadline=None)
def test_the_order_of_input_does_not_matter(events, random):
    shuffled = random.sample(events, len(events))
    assert value(events, AS_OF, PLAIN) == value(shuffled, AS_OF, PLAIN)


def test_classes_share_out_the_whole_ev():
    buyers = [Summary(1, 0, 0, 30, 1, spent, "EUR") for spent in (8000.0, 1000.0, 600.0, 250.0, 100.0, 50.0)]
    portfolio = fit(buyers, classes={"A": 0.7, "B": 0.9})
    evs = np.array([worth(each, portfolio).ev for each in buyers])
    before = (np.cumsum(evs) - evs) / evs.sum()
    assert [worth(each, portfolio).cls for each in buyers] == [
        "A" if s < 0.7 else "B" if s < 0.9 else "C" for s in before
    ]
    assert worth(buyers[0]._replace(currency="JPY"), portfolio).cls is None


def test_the_playbook_sets_the_class_cuts():
    assert shares(load()) == {"A": 0.8, "B": 0.95}


def test_a_portfolio_survives_storage():
    portfolio = fit([Summary(2, 1, 30, 60, 2, 100.0 + i, "EUR") for i in range(100)])
    assert portfolio.buyers == 100
    assert Purchases.from_json(json.loads(json.dumps(portfolio.to_json()))) == portfolio


def test_few_buyers_are_judged_by_the_plain_rule():
    assert fit([Summary(2, 1, 30, 60)] * 10).rhythm == Rhythm()
    assert fit([None]) == Purchases()


def simulated(rhythm: Rhythm, buyers: int, days: int, horizon: int, seed: int = 7) -> tuple[list[Summary], int]:
    """Buyers as the model imagines them, and how many orders they place within the horizon."""
    dice = np.random.default_rng(seed)
    found, later = [], 0
    for rate, stop in zip(
        dice.gamma(rhythm.r, 1 / rhythm.alpha, buyers), dice.beta(rhythm.a, rhythm.b, buyers), strict=True
    ):
        at, times = 0.0, [0.0]
        while (at := at + dice.exponential(1 / rate)) < days + horizon:
            times.append(at)
            if dice.random() < stop:
                break
        seen = [int(each) for each in times if each < days]
        later += len(times) - len(seen)
        found.append(Summary(len(seen), len(seen) - 1, seen[-1], days))
    return found, later


def test_the_parameters_that_made_the_buyers_are_found_again():
    truth = Rhythm(r=0.6, alpha=60.0, a=0.8, b=2.5, returns=0.0)
    buyers, later = simulated(truth, 4000, 400, 200)
    table = np.array([(each.repeats, each.last, each.age) for each in buyers], dtype=np.float64)
    found = bgnbd.fit(Buyers(*table.T, np.ones(len(table))), replace(Rhythm(), returns=0.0))
    assert found.r == pytest.approx(truth.r, rel=0.15)
    assert found.alpha == pytest.approx(truth.alpha, rel=0.2)
    assert sum(found.orders(x, tx, t, 200) for x, tx, t in table.tolist()) == pytest.approx(later, rel=0.05)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0.0, 0.08), (0.5, 0.12, 0.5)])
def test_the_share_of_those_who_come_back_is_found(share, least, most):
    """A stopped buyer either is lost for good, or comes back after a while and goes on as before."""
    dice, found = np.random.default_rng(3), []
    for rate, stop in zip(dice.gamma(1.0, 1 / 40, 3000), dice.beta(1.0, 3.0, 3000), strict=True):
        at, days = 0.0, [0]
        while (at := at + dice.exponential(1 / rate)) < 500:
            days.append(int(at))
            if dice.random() < stop:
                if dice.random() >= share:
                    break
                at += dice.exponential(150)
        found.append(summary([order(500 - day) for day in days], AS_OF))
    assert least <= fit(found).rhythm.returns <= most


def test_expected_orders_agree_with_the_hypergeometric_form():
    from scipy.special import hyp2f1

    rhythm, x, t, horizon = Rhythm(r=0.243, alpha=30.9, a=0.793, b=2.426), 3, 200.0, 270.0
    r, alpha, a, b = rhythm.r, rhythm.alpha, rhythm.a, rhythm.b
    shrink = ((alpha + t) / (alpha + t + horizon)) ** (r + x)
    series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + t + horizon))
    assert bgnbd.orders_if_alive(rhythm, x, t, horizon) == pytest.approx(
        (a + b + x - 1) / (a - 1) * (1 - shrink * series)
    )


@pytest.mark.parametrize("a", [0.003, 0.8, 5.0, 400.0])
@pytest.mark.parametrize("b", [0.007, 0.5, 3.0, 1200.0])
@pytest.mark.parametrize("x", [0, 1, 50, 5000])
def test_expectations_stay_sane_for_any_portfolio_and_buyer(a, b, x):
    rhythm = Rhythm(r=0.5, alpha=60.0, a=a, b=b)
    for t, horizon in ((1, 270), (400, 270), (3650, 1080)):
        without_stopping = (rhythm.r + x) / (rhythm.alpha + t) * horizon
        assert 0 <= bgnbd.orders_if_alive(rhythm, x, t, horizon) <= without_stopping * 1.0001
        assert 0 <= rhythm.chance(x, 0, t, horizon) <= 1


def test_spend_leans_on_the_portfolio_while_orders_are_few():
    model = Spend(portfolio=100.0, orders=2.0)
    assert model.mean(0, 0.0) == 100.0
    assert model.mean(2, 20.0) == 55.0
    assert model.mean(200, 2000.0) == pytest.approx(10.9, abs=0.1)
