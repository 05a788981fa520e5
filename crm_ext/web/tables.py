"""Tables to take away, as CSV that a spreadsheet opens and does not obey."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response, stream_with_context

NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
COMMANDS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
AT_ONCE = 500
MOST = 100_000
"""Rows of one file."""


def harmless(value: Any) -> str:
    """A cell as text; what a spreadsheet would take for a formula begins with an apostrophe, numbers stay numbers."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(COMMANDS) and not NUMBER.fullmatch(text) else text


def download(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """The rows as they come, as a file of this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(_text(columns, rows)), content_type="text/csv; charset=utf-8", headers=headers)


def _text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    buffer = io.StringIO(BOM)
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(row.get(column)) for column in columns])
        if number % AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
