"""Dates and amounts as exports write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from connectors.folder import amounts, dates

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-03", datetime(2026, 6, 3, tzinfo=UTC)),
        ("2026-06-03T10:11:12Z", datetime(2026, 6, 3, 10, 11, 12, tzinfo=UTC)),
        ("2026-06-03 10:11:12.250", datetime(2026, 6, 3, 10, 11, 12, 250_000, tzinfo=UTC)),
        ("2026-06-03T10:11:12+08:00", datetime(2026, 6, 3, 2, 11, 12, tzinfo=UTC)),
        ("2026-06-03 10:11 UTC", datetime(2026, 6, 3, 10, 11, tzinfo=UTC)),
        ("2026-6-3 9:05", datetime(2026, 6, 3, 9, 5, tzinfo=UTC)),
        ("2026/6/3", datetime(2026, 6, 3, tzinfo=UTC)),
        ("2026/6/3 14:05", datetime(2026, 6, 3, 14, 5, tzinfo=UTC)),
        ("2026.06.03", datetime(2026, 6, 3, tzinfo=UTC)),
        ("20260603", datetime(2026, 6, 3, tzinfo=UTC)),
        ("03.06.2026", datetime(2026, 6, 3, tzinfo=UTC)),
        ("3.6.26 14:05", datetime(2026, 6, 3, 14, 5, tzinfo=UTC)),
        ("25/6/2026", datetime(2026, 6, 25, tzinfo=UTC)),
        ("6/25/2026 2:05 PM", datetime(2026, 6, 25, 14, 5, tzinfo=UTC)),
        ("6/25/2026 12:05 AM", datetime(2026, 6, 25, 0, 5, tzinfo=UTC)),
        ("2026年6月3日", datetime(2026, 6, 3, tzinfo=UTC)),
        ("2026年6月3日 14时5分", datetime(2026, 6, 3, 14, 5, tzinfo=UTC)),
        ("2026年6月3日 下午2:05", datetime(2026, 6, 3, 14, 5, tzinfo=UTC)),
        ("3 Jun 2026", datetime(2026, 6, 3, tzinfo=UTC)),
        ("Jun 3, 2026 2:05 PM", datetime(2026, 6, 3, 14, 5, tzinfo=UTC)),
        ("Wednesday, June 3, 2026", datetime(2026, 6, 3, tzinfo=UTC)),
        ("46176", datetime(2026, 6, 3, tzinfo=UTC)),
        ("46176.5", datetime(2026, 6, 3, 12, tzinfo=UTC)),
        ("1780444800", datetime(2026, 6, 3, tzinfo=UTC)),
        ("1780444800000", datetime(2026, 6, 3, tzinfo=UTC)),
    ],
)
def test_dates(text, expected):
    order = dates.order_of(text)
    assert dates.reader(UTC, order if order in {"day", "month"} else "")(text) == expected


@pytest.mark.parametrize(
    ("order", "month"),
    [("day", 6), ("month", 3)],
)
def test_the_order_of_day_and_month_is_the_setting_s(order, month):
    assert dates.reader(UTC, order)("3/6/2026") == datetime(2026, month, 9 - month, tzinfo=UTC)


def test_a_date_that_may_be_two_is_none():
    with pytest.raises(dates.NotADate, match="two ways"):
        dates.reader(UTC)("3/6/2026")


@pytest.mark.parametrize(
    "text", ["soon", "2026-02-30", "31/31/2026", "2026-06-03 25:00", "3 Foo 2026", "7", "99999999999999"]
)
def test_what_is_no_date_is_said_to_be_none(text):
    with pytest.raises(dates.NotADate, match=text.split()[0].replace("/", ".")):
        dates.reader(UTC, "day")(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-03 08:00", datetime(2026, 6, 3, 0, tzinfo=UTC)),
        ("2026/6/3 8:00", datetime(2026, 6, 3, 0, tzinfo=UTC)),
        ("2026-06-03T08:00Z", datetime(2026, 6, 3, 8, tzinfo=UTC)),
        ("46176.5", datetime(2026, 6, 3, 4, tzinfo=UTC)),
        ("1780444800", datetime(2026, 6, 3, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_local(text, expected):
    assert dates.reader(SHANGHAI)(text) == expected


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1234.5", "1234.5", ""),
        ("1,234.50", "1234.50", ""),
        ("1.234,50", "1234.50", ""),
        ("1 234,50 €", "1234.50", "EUR"),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("1,234", "1234", ""),
        ("12,5", "12.5", ""),
        ("￥1,200", "1200", "CNY"),
        ("1.2万", "12000", ""),
        ("1.2万元", "12000", "CNY"),
        ("3亿", "300000000", ""),
        ("1.5k", "1500", ""),
        ("$3", "3", "USD"),
        ("EUR 99", "99", "EUR"),
        ("£ 0.99", "0.99", "GBP"),
        ("-5", "-5", ""),
        ("(12.00)", "-12.00", ""),
        ("-$5", "-5", "USD"),
        ("0", "0", ""),
    ],
)
def test_amounts(text, amount, currency):
    assert amounts.reader()(text) == (Decimal(amount), currency)


@pytest.mark.parametrize(("mark", "amount"), [(".", "1.234"), (",", "1234")])
def test_the_decimal_mark_is_the_setting_s(mark, amount):
    assert amounts.reader(mark)("1.234") == (Decimal(amount), "")


@pytest.mark.parametrize("text", ["much", "1.2.3,4,5", "12 apples and 3", "--5"])
def test_what_is_no_amount_is_said_to_be_none(text):
    with pytest.raises(amounts.NotAnAmount, match="is not an amount"):
        amounts.reader()(text)


def test_an_amount_that_may_be_two_is_none():
    with pytest.raises(amounts.NotAnAmount, match="two ways"):
        amounts.reader()("1.234")
