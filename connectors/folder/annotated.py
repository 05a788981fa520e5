"""The copy of a contacts file with our columns: read back, and written anew beside the original."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from connectors.folder.files import Form, inspected
from connectors.folder.layout import Source, matched
from connectors.folder.lookup import Scratch
from connectors.folder.references import BadCells, References
from connectors.folder.tables import Broken, Cells, sheets, table
from crm_ext.connector_api import PREFIX, NeedsAttention, RetryLater

RISKY = ("=", "+", "-", "@", "\t", "\r")
LARGEST = 32_767
"""Characters that a spreadsheet's cell holds at most."""


def guarded(text: str) -> str:
    """Our text so that no spreadsheet takes it for a formula."""
    return f"'{text}"[:LARGEST] if text.startswith(RISKY) else text[:LARGEST]


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(RISKY) else text


class Annotated(Scratch):
    """Our columns in the annotated copy, by contact; empty while there is no copy."""

    def __init__(self, path: Path, source: Source, references: References, words: Mapping[str, str]) -> None:
        super().__init__("CREATE TABLE tags (id TEXT PRIMARY KEY, tags TEXT) WITHOUT ROWID")
        self.columns: tuple[str, ...] = ()
        if path.exists():
            self._load(path, source, references, words)

    def _load(self, path: Path, source: Source, references: References, words: Mapping[str, str]) -> None:
        file = inspected(path)
        sheet = sheets(path)[0] if file.form.workbook else ""
        with table(file, sheet) as rows:
            _, header = next(iter(rows))
            place = rows.place
        if isinstance(header, Broken):
            return
        original = [each for each in header if not each.startswith(PREFIX)]
        source = replace(source, header=tuple(original), columns=matched(header, source.stream, words))
        ours = [(index, each) for index, each in enumerate(header) if each.startswith(PREFIX)]
        self.columns = tuple(each for _, each in ours)
        identify = references.identity(source)
        with table(file, sheet, place) as rows:
            self.db.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?)", _tags(rows, identify, ours))

    def of(self, external_id: str) -> Mapping[str, str]:
        """What stands in our columns for a contact; only filled ones."""
        row = self.db.execute("SELECT tags FROM tags WHERE id = ?", (external_id,)).fetchone()
        return {} if row is None else dict(json.loads(row[0]))


def _tags(rows: Any, identify: Callable[[Cells], str], ours: Sequence[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    for _, cells in rows:
        if isinstance(cells, Broken):
            continue
        with suppress(BadCells, IndexError):
            found = {name: unguarded(cells[index]) for index, name in ours if index < len(cells) and cells[index]}
            yield identify(cells), json.dumps(found, ensure_ascii=False)


class Sink(Protocol):
    """Where the copy's rows go; `close` makes them durable."""

    def write(self, original: Sequence[Any], ours: Sequence[str]) -> None: ...

    def close(self) -> None: ...


class CsvSink:
    def __init__(self, path: Path, form: Form) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=form.delimiter)

    def write(self, original: Sequence[Any], ours: Sequence[str]) -> None:
        self._writer.writerow([*original, *map(guarded, ours)])

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class SheetSink:
    def __init__(self, path: Path, title: str) -> None:
        self._path, self._book = path, Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title)

    def write(self, original: Sequence[Any], ours: Sequence[str]) -> None:
        self._sheet.append([*map(self._copied, original), *(self._cell(guarded(each)) for each in ours)])

    def _copied(self, cell: Any) -> Any:
        """A cell as it stood, or a heading."""
        made = self._cell(cell if isinstance(cell, str) else cell.value)
        made.number_format = getattr(cell, "number_format", None) or "General"
        return made

    def _cell(self, value: Any) -> Any:
        made = WriteOnlyCell(self._sheet, value)
        if isinstance(value, str):
            made.data_type = "s"
        return made

    def close(self) -> None:
        self._book.save(self._path)
        with self._path.open("rb+") as file:
            os.fsync(file.fileno())


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """A temporary file beside the target that takes its place, durably, if all goes well."""
    scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    for left in target.parent.glob(f".{target.name}.*.tmp"):
        left.unlink(missing_ok=True)
    try:
        yield scratch
        scratch.replace(target)
        _fsync_folder(target.parent)
    except PermissionError as error:
        raise NeedsAttention(
            f"{target.name} cannot be written: {error.strerror}.",
            fix="Close it in other programs, and give the user that runs crm-ext the right to write in the folder.",
        ) from error
    except OSError as error:
        raise RetryLater(
            f"{target.name} cannot be written: {error.strerror}.", fix="Make room and run again."
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def _fsync_folder(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
