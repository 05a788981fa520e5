"""What each class costs and brings."""

from __future__ import annotations

import pytest

from crm_ext.annotate import annotate
from crm_ext.annotate.effort import effort
from crm_ext.annotate.portfolio import fit
from crm_ext.annotate.value import summary
from tests.annotate.histories import AS_OF, BOTH, OUT, PLAYBOOK, event, history


def calls(number):
    return [event(3 + i, "call", direction=OUT) for i in range(number)]


def orders(*money, currency="EUR"):
    return [event(20 + 30 * i, "order", amount=each, currency=currency) for i, each in enumerate(money)]


def table(*timelines):
    purchases = fit(summary(each.events, AS_OF) for each in timelines)
    judged = ((each, annotate(each, PLAYBOOK, AS_OF, purchases)) for each in timelines)
    return {(row.currency, row.cls): row for row in effort(judged)}


def test_who_earns_and_who_eats_stand_side_by_side():
    good = history(*orders(5000.0, 4000.0), *calls(1), name="good")
    small = [history(*orders(20.0), *calls(9), name=str(i)) for i in range(3)]
    rows = table(good, *small)
    assert rows["EUR", "A"].ev_share > 0.9 > rows["EUR", "A"].touch_share
    assert sum(row.touch_share for row in rows.values()) == pytest.approx(1, abs=0.002)
    assert sum(row.contacts for row in rows.values()) == 4


def test_currencies_and_contacts_without_orders_are_kept_apart():
    euro = history(*orders(50.0), name="e")
    yen = history(*orders(9000.0, currency="JPY"), name="y")
    rows = table(euro, yen, history(event(9, "meeting", direction=BOTH), name="n"))
    assert rows["JPY", "A"].ev_share == rows["EUR", "A"].ev_share == 1
    assert rows["", ""].touches == 1


def test_only_our_own_touches_of_the_last_year_count():
    mail = event(5, "email", direction=OUT, automated=True)
    old = event(500, "call", direction=OUT)
    inbound = event(9, "call")
    assert table(history(*orders(50.0), mail, old, inbound, *calls(2)))["EUR", "A"].touches == 2


def test_an_a_customer_who_is_only_an_acquaintance_stands_out():
    assert table(history(*orders(900.0)))["EUR", "A"].stages == {"acquaintance": 1}
