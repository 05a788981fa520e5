"""The files of a made-up export, written row by row, so that any number of contacts fit."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path
from typing import Protocol

from openpyxl import Workbook

from crm_ext.domain.records import Stream
from crm_ext.sample.records import HEADINGS, Cell, Recorder, Row, Scribe, unit, users

FORMATS = ("csv", "xlsx")


def rows(contacts: int, seed: int, as_of: date, recorder: Recorder = lambda *_: None) -> Iterator[tuple[Stream, Row]]:
    """All rows of the export, each with its file, in an order in which they can be written as they come."""
    yield from ((Stream.USERS, each) for each in users())
    scribe = Scribe(datetime.combine(as_of, time(8)), recorder)
    index = made = 0
    while made < contacts:
        scribe.rng.seed(f"{seed}/{index}")
        made += unit(scribe, contacts - made)
        index += 1
        yield from scribe.taken()


def write(
    folder: Path, *, contacts: int, seed: int, as_of: date, form: str = "csv", recorder: Recorder = lambda *_: None
) -> dict[Stream, int]:
    """Write the export's six files and count the rows of each; a file of the same name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(HEADINGS, 0)
    with ExitStack() as stack:
        sinks = {stream: SINKS[form](folder / f"{stream}.{form}", titles) for stream, titles in HEADINGS.items()}
        for sink in sinks.values():
            stack.callback(sink.close)
        for stream, row in rows(contacts, seed, as_of, recorder):
            sinks[stream].add(row)
            counts[stream] += 1
    return counts


class Sink(Protocol):
    def add(self, row: Row) -> None: ...

    def close(self) -> None: ...


class CsvSink:
    """A CSV file as an export has it: UTF-8 with a byte order mark."""

    def __init__(self, path: Path, titles: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(titles)

    def add(self, row: Row) -> None:
        self._writer.writerow([_shown(cell) for cell in row])

    def close(self) -> None:
        self._file.close()


def _shown(cell: Cell) -> Cell:
    return cell.isoformat(" ", "minutes") if isinstance(cell, datetime) else cell


class SheetSink:
    """A workbook of one sheet; dates are dates."""

    def __init__(self, path: Path, titles: Sequence[str]) -> None:
        self._path, self._book = path, Workbook(write_only=True)
        self._sheet = self._book.create_sheet(path.stem.capitalize())
        self._sheet.append(titles)

    def add(self, row: Row) -> None:
        self._sheet.append(row)

    def close(self) -> None:
        self._book.save(self._path)


SINKS: Mapping[str, type[CsvSink | SheetSink]] = {"csv": CsvSink, "xlsx": SheetSink}
