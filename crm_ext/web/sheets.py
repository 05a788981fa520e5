"""Lists as CSV files that spreadsheets open, and in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from werkzeug.wrappers import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST = 100_000


def cell(value: object) -> object:
    """The value; a text that a spreadsheet would work out is kept a text by an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else "" if value is None else value


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([cell(each) for each in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv", headers=headers)
