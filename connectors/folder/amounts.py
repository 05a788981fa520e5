"""Amounts of money as exports write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from connectors.folder.values import CURRENCIES

EXAMPLES = "1234.50, 1,234.50, 1.234,50, ￥1,200, EUR 99, 1.2万"
UNITS = {"万": 10_000, "亿": 100_000_000, "千": 1_000, "k": 1_000, "m": 1_000_000, "": 1}

_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<sign>[-−+])?\s*(?P<before>[^\d\s.,()+−-]*)\s*(?P<minus>[-−])?(?P<digits>\d[\d.,'’\s\u00a0\u202f]*|\.\d+)"
    r"(?P<unit>[万亿千km])?\s*(?P<after>[^\d\s.,()]*)\)?",
    re.IGNORECASE,
)
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class NotAnAmount(ValueError):
    """The text is no amount of money."""


def mark_of(text: str) -> str | None:
    """Which sign parts the decimals: ".", ",", "either" (`1.234`), or None where the text has none to tell by."""
    found = _AMOUNT.fullmatch(text.strip())
    digits = found["digits"].strip() if found else ""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return max(".", ",", key=digits.rfind)
    if points > 1 or commas > 1:
        return "," if points else "."
    if not points and not commas:
        return None
    if _ONE_GROUP.fullmatch(digits) and points:
        return "either"
    if _ONE_GROUP.fullmatch(digits):
        return None
    return "." if points else ","


def reader(mark: str = "") -> Callable[[str], tuple[Decimal, str]]:
    """A function from a cell's text to the amount and its currency (empty where the cell names none).

    `mark` is the decimal sign of the file, empty where each cell speaks for itself. Raises NotAnAmount.
    """

    def read(text: str) -> tuple[Decimal, str]:
        found = _AMOUNT.fullmatch(text.strip())
        if not found or (found["sign"] and found["minus"]):
            raise NotAnAmount(f"{text!r} is not an amount; expected one like {EXAMPLES}")
        own = mark_of(text) or "."
        if own == "either" and not mark:
            raise NotAnAmount(f"{text!r} can be read in two ways; set `decimal_mark`")
        value = _decimal(found["digits"], mark or own, text)
        negative = found["open"] or found["minus"] or found["sign"] in ("-", "−")
        value *= UNITS[(found["unit"] or "").lower()] * (-1 if negative else 1)
        return value, currency(found["before"]) or currency(found["after"])

    return read


def _decimal(digits: str, mark: str, text: str) -> Decimal:
    kept = re.sub(r"[\s\u00a0\u202f'’]", "", digits).replace("," if mark == "." else ".", "")
    try:
        return Decimal(kept.replace(mark, "."))
    except InvalidOperation as error:
        raise NotAnAmount(f"{text!r} is not an amount; expected one like {EXAMPLES}") from error


def currency(sign: str) -> str:
    """The code of a currency from its sign, name or code; empty if it is none."""
    known = CURRENCIES.get(sign.casefold(), "")
    return known or (sign.upper() if len(sign) == 3 and sign.isascii() and sign.isalpha() else "")
