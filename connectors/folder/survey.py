"""Which tables lie in the folder: looked for anew at the start of each task, read anew where a file has changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.folder.files import NotATable, Stamp, candidates, folder_of, inspected, stamp
from connectors.folder.layout import Source, Unknown, recognised, told_by
from connectors.folder.tables import sheets
from crm_ext.connector_api import FieldMap, NeedsAttention, Stream

Found = Source | Unknown | NotATable
"""A table that is recognised, one that is not, or a file that is none."""


class Survey:
    """The folder's tables as of the last `look`."""

    def __init__(self, settings: Mapping[str, Any], mapping: FieldMap) -> None:
        self.settings, self.mapping = settings, mapping
        self.tables: list[Found] = []
        self._known: dict[Path, tuple[Stamp, list[Found]]] = {}

    @property
    def folder(self) -> Path:
        """Raises NeedsAttention if the setting names no folder."""
        return folder_of(self.settings["path"])

    def look(self) -> None:
        """Look at the folder. Raises NeedsAttention if it cannot be read, or the mapping does not fit its tables."""
        before, self._known = self._known, {}
        for path in candidates(self.folder):
            now = stamp(path)
            known = before.get(path)
            self._known[path] = known if known and known[0] == now else (now, self._tables(path))
        self.tables = [table for _, tables in self._known.values() for table in tables]

    def forget(self, path: Path) -> None:
        """The next look reads the file anew, whatever its stamp says."""
        self._known.pop(path, None)

    def _tables(self, path: Path) -> list[Found]:
        try:
            file = inspected(path, self.settings["encoding"])
            names = sheets(path) if file.form.workbook else [""]
            return [recognised(file, each, self.mapping) for each in names]
        except NotATable as error:
            return [error]

    def sources(self, stream: Stream) -> list[Source]:
        """The tables of a stream. Raises NeedsAttention if one of them is damaged or lacks a column, or if there are
        no contacts at all."""
        found = [each for each in self.tables if isinstance(each, Source) and each.stream is stream]
        for broken in self.tables:
            if isinstance(broken, NotATable) and told_by(Path(broken.name).stem) is stream:
                raise broken
        for each in found:
            refuse_lacking(each)
        if stream is Stream.CONTACTS and not found:
            raise self._no_contacts()
        return found

    def _no_contacts(self) -> NeedsAttention:
        broken = next((each for each in self.tables if isinstance(each, NotATable)), None)
        seen = ", ".join(each.name for each in self.tables) or "no CSV or XLSX file"
        return broken or NeedsAttention(
            f"No contacts were found in {self.folder}: it holds {seen}.",
            fix="Export the contacts into it, with a column for id or e-mail and one for the name.",
        )


def refuse_lacking(source: Source) -> None:
    """Raise NeedsAttention if the table has not the columns that its stream needs."""
    if source.lacks:
        raise NeedsAttention(
            f"{source.name} looks like {source.stream} but has no {'; no '.join(source.lacks)}.",
            fix=f"Map one of its columns: {', '.join(source.header)}.",
        )
