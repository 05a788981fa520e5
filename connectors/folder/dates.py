"""Dates and times as exports write them, made into aware times in UTC."""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

EXAMPLES = "2026-06-03, 2026/6/3, 03.06.2026, 6/3/2026, 2026年6月3日, 3 Jun 2026, with or without a time"
MONTHS = {month_abbr[number].lower(): number for number in range(1, 13)}
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serials count local days
SERIALS = (20_000.0, 80_000.0)

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_MONTH_FIRST = re.compile(r"(?:[a-z]{3,9},?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_DAY_FIRST = re.compile(r"(?:[a-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})")
_TIME = re.compile(
    r"[\sT,]*(?:at\s+)?(上午|下午|晚上|凌晨|中午|[ap]\.?m\.?)?\s*(\d{1,2})\s*[:时点]\s*(\d{1,2})?\s*[:分]?\s*(\d{1,2})?(?:[.,]\d+)?\s*秒?"
    r"\s*([ap]\.?m\.?)?\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


class NotADate(ValueError):
    """The text is no date in any form we know, or its day and month cannot be told apart."""


def order_of(text: str) -> str | None:
    """Whether a date with the year last has the day or the month first: "day", "month", "either"; None for others."""
    found = _YEAR_LAST.match(text)
    if not found:
        return None
    first, mark, second = int(found[1]), found[2], int(found[3])
    if mark == "." or (first > 12 >= second):
        return "day"
    if second > 12 >= first:
        return "month"
    return "either" if first != second else None


def reader(zone: tzinfo, order: str = "") -> Callable[[str], datetime]:
    """A function from a cell's text to an aware time in UTC; raises NotADate.

    `zone` is where times without a zone were written; `order` is "day" or "month", empty where no date needs it.
    """

    @lru_cache(maxsize=4096)
    def day(text: str) -> tuple[date, int]:
        return _day(text, order)

    universal = zone is UTC or str(zone) == "UTC"

    def local(moment: datetime) -> datetime:
        if moment.tzinfo is None and universal:
            return moment.replace(tzinfo=UTC)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    def read(text: str) -> datetime:
        if text[:4].isdigit() and text[4:5] == "-":
            try:
                return local(datetime.fromisoformat(text))
            except ValueError:
                pass
        number = _number(text)
        if number is not None:
            return local(number)
        on, end = day(text) if len(text) < 16 else day.__wrapped__(text)
        return local(_with_time(on, text[end:], text))

    return read


def _day(text: str, order: str) -> tuple[date, int]:
    """The day that a text begins with, and where its time begins."""
    lower = text.casefold()
    for pattern, parts in _FORMS:
        found = pattern.match(lower)
        if found:
            try:
                return date(*parts(found, order)), found.end()
            except NotADate:
                raise
            except (ValueError, KeyError) as error:
                raise NotADate(f"{text!r} is no day of the calendar") from error
    raise NotADate(f"{text!r} is not a date; expected one like {EXAMPLES}")


def _year_last(found: re.Match[str], order: str) -> tuple[int, int, int]:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += (2000 if year < 70 else 1900) if year < 100 else 0
    shows = order_of(found[0])
    if shows == "either" and not order:
        raise NotADate(f"{found[0]!r} can be read in two ways; set `date_order`")
    day_first = (order or shows) == "day" if found[2] != "." else True
    return (year, second, first) if day_first else (year, first, second)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], tuple[int, int, int]]], ...] = (
    (_YEAR_FIRST, lambda found, _: (int(found[1]), int(found[2]), int(found[3]))),
    (_YEAR_LAST, _year_last),
    (_MONTH_FIRST, lambda found, _: (int(found[3]), MONTHS[found[1][:3]], int(found[2]))),
    (_DAY_FIRST, lambda found, _: (int(found[3]), MONTHS[found[2][:3]], int(found[1]))),
)


def _with_time(on: date, rest: str, whole: str) -> datetime:
    if not rest.strip():
        return datetime.combine(on, time())
    found = _TIME.fullmatch(rest.rstrip())
    if not found:
        raise NotADate(f"{whole!r}: {rest.strip()!r} is not a time of day")
    half = (found[1] or found[5] or "").lower().replace(".", "")
    hour = int(found[2]) % 12 if half in ("am", "pm", "上午", "下午", "晚上", "凌晨") else int(found[2])
    hour += 12 if half in ("pm", "下午", "晚上") else 0
    try:
        moment = datetime.combine(on, time(hour, int(found[3] or 0), int(found[4] or 0)))
    except ValueError as error:
        raise NotADate(f"{whole!r}: {rest.strip()!r} is not a time of day") from error
    return _zoned(moment, (found[6] or "").lower())


def _zoned(moment: datetime, zone: str) -> datetime:
    if not zone:
        return moment
    offset = "+00:00" if zone in ("z", "utc", "gmt") else zone
    return datetime.fromisoformat(f"{moment.isoformat()}{offset}")


def _number(text: str) -> datetime | None:
    """An Excel serial day, or seconds or milliseconds since 1970; None for anything else."""
    if not text.replace(".", "", 1).isdigit():
        return None
    value = float(text)
    if SERIALS[0] <= value < SERIALS[1] and len(text.partition(".")[0]) == 5:
        return EXCEL_EPOCH + timedelta(seconds=round(value * 86_400))
    whole = text.partition(".")[0]
    if len(whole) in (10, 13):
        return datetime.fromtimestamp(value / (1000 if len(whole) == 13 else 1), UTC)
    if len(text) == 8:
        return datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - the zone is added by the caller
    return None
