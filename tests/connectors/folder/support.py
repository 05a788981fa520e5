"""Folders made for a test, and all that a connector reads from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from openpyxl import Workbook

from connectors.folder import Folder
from crm_ext.connector_api import BadRow, Context, FieldMap, Page, Part, Record, Stream, validated

PEOPLE = "Contact ID,Name,Email\nc1,Nora Ashdown,nora@example.com\nc2,林海燕,lin@example.com\n"


def folder(path: Path, files: Mapping[str, str | bytes], **settings: object) -> Folder:
    """A connector on a folder with these files; text is written as UTF-8."""
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return connected(path, **settings)


def connected(path: Path, mapping: FieldMap | None = None, **settings: object) -> Folder:
    return Folder(validated(Folder.settings, {"path": str(path), **settings}), Context(mapping or FieldMap()))


def pages(connector: Folder, stream: Stream, since: object = None, checkpoint: object = None) -> list[Page]:
    return list(connector.pull(Part(stream, since), checkpoint))


def records(connector: Folder, stream: Stream) -> list[Record]:
    return [each for page in pages(connector, stream) for each in page.changes]


def bad(connector: Folder, stream: Stream) -> list[BadRow]:
    return [each for page in pages(connector, stream) for each in page.bad]


def workbook(path: Path, sheets: Mapping[str, list[list[object]]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path
