"""Rows of a table, one at a time, from a CSV file or a sheet of a workbook, and where to go on."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from connectors.folder.files import LONGEST_LINE, File, Form, NotATable

LARGEST_CELL = 1 << 20
MOST_LINES = 5_000
UNREADABLE = (BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, EOFError)

Cells = list[str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be taken apart, and why."""

    reason: str


Row = tuple[int, Cells | Broken]
"""The line (or the sheet's row) where the row begins, and its cells."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands: after `line` lines or sheet rows, and at this byte where bytes can be counted."""

    line: int = 0
    offset: int = 0


class Bytes:
    """A file's lines, decoded one by one; a row that goes wrong is given back but for its first line."""

    def __init__(self, file: BinaryIO, form: Form, place: Place) -> None:
        file.seek(max(place.offset, form.start))
        self._file, self._encoding = file, form.encoding
        self._taken: list[bytes] = []
        self._again: deque[bytes] = deque()
        self.place = Place(place.line, file.tell())

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self._taken.append(line)
        if len(self._taken) > MOST_LINES:
            raise csv.Error(f"a quotation mark is not closed within {MOST_LINES:,} lines")
        return line.decode(self._encoding)

    def done(self) -> None:
        """The lines taken since the last time made a row."""
        self.place = Place(self.place.line + len(self._taken), self.place.offset + sum(map(len, self._taken)))
        self._taken.clear()

    def give_back(self) -> None:
        """Only the first of the lines taken counts as read."""
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]


class Text:
    """Lines of text whose bytes cannot be cut at `\\n`: UTF-16, or lines that end in a carriage return."""

    def __init__(self, file: TextIO, place: Place) -> None:
        self._file = file
        self._taken: list[str] = []
        self._again: deque[str] = deque()
        self.place = place
        for _ in range(place.line):
            next(self._file, "")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._file)
        self._taken.append(line)
        if "\ufffd" in line:
            raise UnicodeDecodeError("utf-16", b"", 0, 1, "damaged character")
        return line

    def done(self) -> None:
        self.place = Place(self.place.line + len(self._taken))
        self._taken.clear()

    def give_back(self) -> None:
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]


class Table(AbstractContextManager["Table"]):
    """An open table. Iterate to get rows; `place` is where the next one begins."""

    place: Place

    def __iter__(self) -> Iterator[Row]:
        raise NotImplementedError

    def originals(self) -> Iterator[tuple[Cells, Sequence[Any]]]:
        """The rows that can be taken apart, each as text and as it stands, to be copied."""
        for _, cells in self:
            if not isinstance(cells, Broken):
                yield cells, tuple(cells)

    def close(self) -> None:
        """Give back the file."""

    def __exit__(self, *_: object) -> None:
        self.close()


class CsvTable(Table):
    def __init__(self, path: Path, form: Form, place: Place) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), LARGEST_CELL))
        self._file = path.open("rb")
        self._form = form
        self._lines = Bytes(self._file, form, place) if form.bytewise else Text(_text(self._file, form), place)

    @property
    def place(self) -> Place:  # type: ignore[override]
        return self._lines.place

    def __iter__(self) -> Iterator[Row]:
        reader = self._reader()
        while True:
            line = self._lines.place.line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, UnicodeDecodeError) as error:
                self._lines.give_back()
                self._lines.done()
                reader = self._reader()
                yield line, Broken(self._why(error))
                continue
            self._lines.done()
            if cells:
                yield line, cells

    def _reader(self) -> Iterator[Cells]:
        form = self._form
        return csv.reader(self._lines, delimiter=form.delimiter, strict=True, skipinitialspace=form.spaced)

    def _why(self, error: Exception) -> str:
        if isinstance(error, UnicodeDecodeError):
            shown = error.object[error.start : error.start + 1].hex()
            return f"cannot be read as {self._form.encoding}: byte 0x{shown} ({error.reason})"
        return f"is not well-formed: {error}; expected cells in quotation marks to be closed, and marks inside doubled"

    def close(self) -> None:
        self._file.close()


def _text(file: BinaryIO, form: Form) -> TextIO:
    return io.TextIOWrapper(file, encoding=form.encoding, errors="replace", newline="")


class SheetTable(Table):
    """One sheet of a workbook, read row by row."""

    def __init__(self, path: Path, sheet: str, place: Place, width: int) -> None:
        self._name, self._width = path.name, width
        self.place = place
        self._book = opened(path)
        self._sheet = self._book[sheet]
        self._sheet.reset_dimensions()

    def __iter__(self) -> Iterator[Row]:
        for values in self._rows(values_only=True):
            cells = [shown(value) for value in values]
            if any(cells):
                yield self.place.line, cells

    def originals(self) -> Iterator[tuple[Cells, Sequence[Any]]]:
        for found in self._rows(values_only=False):
            cells = [shown(cell.value) for cell in found]
            if any(cells):
                yield cells, found

    def _rows(self, *, values_only: bool) -> Iterator[Sequence[Any]]:
        rows = self._sheet.iter_rows(self.place.line + 1, max_col=self._width or None, values_only=values_only)
        while True:
            try:
                found = next(rows, None)
            except UNREADABLE as error:
                raise NotATable(self._name, f"is damaged: {error}", fix="Export it again.") from error
            if found is None:
                return
            self.place = Place(self.place.line + 1)
            yield found

    def close(self) -> None:
        self._book.close()


def opened(path: Path) -> Any:
    """The workbook, for reading row by row, with the values that formulas last had."""
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except UNREADABLE as error:
        raise NotATable(path.name, f"is not an Excel workbook: {error}", fix="Export it again.") from error


def sheets(path: Path) -> list[str]:
    with closing(opened(path)) as book:
        return [each.title for each in book.worksheets]


def shown(value: object) -> str:
    """A cell of a workbook as text: dates in ISO form, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def table(file: File, sheet: str = "", place: Place = Place(), width: int = 0) -> Table:
    """Open a file's table at a place; `width` is the number of headings where they are known."""
    if file.form.workbook:
        return SheetTable(file.path, sheet, place, width)
    return CsvTable(file.path, file.form, place)


def fitted(cells: Cells, width: int) -> bool:
    """Whether a row has as many cells as there are headings; empty ones beyond are cut off."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return len(cells) == width
