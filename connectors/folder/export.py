"""The export as a whole: its tables, the marks that tell whether they changed, and how each is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.folder import amounts, dates
from connectors.folder.annotated import Annotated
from connectors.folder.files import (
    annotated_path,
    digest,
    stamp,
)
from connectors.folder.layout import Source
from connectors.folder.lookup import Names
from connectors.folder.records import Reading, name
from connectors.folder.references import BadCells, References
from connectors.folder.survey import Survey
from connectors.folder.tables import Broken, Cells, fitted
from crm_ext.connector_api import FieldMap, NeedsAttention, RetryLater, Stream

SAMPLE = 500
DATES = ("at", "won_at", "lost_at", "created_at", "opened_at", "closed_at", "updated_at")
LOOKED_UP: Mapping[str, Stream] = {
    "contact_emails": Stream.CONTACTS,
    "contacts": Stream.CONTACTS,
    "company": Stream.COMPANIES,
    "owner": Stream.USERS,
    "deal": Stream.DEALS,
}


class Export:
    """A folder as the settings and the mapping describe it."""

    def __init__(self, settings: Mapping[str, Any], mapping: FieldMap) -> None:
        self.settings, self.mapping = settings, mapping
        self.survey = Survey(settings, mapping)
        self.references = References(self.names)
        self._names: dict[Stream, tuple[object, Names]] = {}
        self._tags: dict[Path, tuple[object, Annotated]] = {}

    def sources(self, stream: Stream) -> list[Source]:
        """The tables of a stream, as of the last look at the folder."""
        return self.survey.sources(stream)

    def mark(self, stream: Stream, sources: list[Source], named: list[Source]) -> dict[str, str]:
        """What stands for all that a stream's records come from: its files, those of contacts that name such records,
        those looked up, the settings."""
        marks = {each.file.name: each.file.digest for each in (*sources, *named, *self.others(stream, sources))}
        if stream is Stream.CONTACTS:
            copies = [annotated_path(each.file.path) for each in sources]
            marks |= {each.name: digest(each) for each in copies if each.exists()}
        told = [
            dict(self.settings) | {"path": "", "page_size": 0},
            self.mapping.fields,
            self.mapping.values,
            self.mapping.custom,
        ]
        return marks | {
            "": hashlib.blake2b(json.dumps(told, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()
        }

    def others(self, stream: Stream, sources: list[Source]) -> list[Source]:
        """The tables in which names and e-mails of these are looked up."""
        looked_up = {LOOKED_UP[ours] for each in sources for ours in each.columns if ours in LOOKED_UP}
        return [each for other in sorted(looked_up - {stream}) for each in self.sources(other)]

    def unchanged(self, sources: list[Source]) -> None:
        """Raise RetryLater if a file is no longer what it was when it was looked at."""
        for each in sources:
            if digest(each.file.path) != each.file.digest:
                self.survey.forget(each.file.path)
                raise RetryLater(
                    f"{each.file.name} changed while it was read.", fix="Run again once the export is whole."
                )

    def reading(self, source: Source) -> Reading:
        """How a table is read. Raises NeedsAttention where its dates or amounts may mean two things."""
        annotated = self.annotated(source) if source.stream is Stream.CONTACTS else None
        return Reading(
            source,
            dates.reader(self.zone, self._told(source, "date_order", DATES, dates.order_of)),
            amounts.reader(self._told(source, "decimal_mark", ("amount",), amounts.mark_of)),
            self.references,
            self.mapping.values.get(source.stream, {}),
            self.settings["currency"],
            annotated.of if annotated else lambda _: {},
        )

    @property
    def zone(self) -> ZoneInfo:
        """Where times without a zone were written. Raises NeedsAttention for a name that is none."""
        try:
            return ZoneInfo(self.settings["timezone"])
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise NeedsAttention(
                f"{self.settings['timezone']!r} is not a time zone.",
                fix="Set `timezone` to one like Asia/Shanghai or UTC.",
            ) from error

    def _told(self, source: Source, setting: str, fields: tuple[str, ...], sort: Any) -> str:
        """The day-and-month order or decimal mark of a table: the setting, or what its cells show without doubt."""
        if self.settings[setting] != "auto":
            return str(self.settings[setting])
        columns = [source.columns[each] for each in fields if each in source.columns]
        doubtful = ""
        with source.rows() as rows:
            for number, (_, cells) in enumerate(rows):
                if isinstance(cells, Broken):
                    continue
                for text in [cells[each].strip() for each in columns if each < len(cells)]:
                    shows = sort(text)
                    if shows and shows != "either":
                        return str(shows)
                    doubtful = doubtful or (text if shows else "")
                if number >= SAMPLE and not doubtful:
                    return ""
        if doubtful:
            raise NeedsAttention(
                f"{source.name}: {doubtful!r} can be read in two ways and no other cell decides which.",
                fix=f"Set `{setting}`.",
            )
        return ""

    def names(self, stream: Stream) -> Names:
        """The index of a stream's ids, e-mails and names; made anew when its files have changed."""
        known = self._names.get(stream)
        sources = self.survey.sources(stream)
        mark = [each.file.digest for each in sources]
        if known is None or known[0] != mark:
            known = self._names[stream] = (mark, Names(stream, self._entries(sources)))
        return known[1]

    def _entries(self, sources: list[Source]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for source in sources:
            identify = self.references.identity(source)
            reading = Reading(source, dates.reader(self.zone), amounts.reader(), self.references)
            called, email = name(reading, "name"), reading.cell("email")
            for cells in whole_rows(source):
                try:
                    yield identify(cells), (called(cells), email(cells))
                except BadCells:
                    continue

    def annotated(self, source: Source) -> Annotated:
        """Our columns as the annotated copy of a contacts file holds them; read anew when the copy has changed."""
        path = annotated_path(source.file.path)
        now = stamp(path) if path.exists() else None
        known = self._tags.get(path)
        if known is None or known[0] != now:
            known = self._tags[path] = (
                now,
                Annotated(path, source, self.references, self.mapping.fields.get(source.stream, {})),
            )
        return known[1]

    def close(self) -> None:
        for _, each in (*self._names.values(), *self._tags.values()):
            each.close()
        self._names.clear()
        self._tags.clear()


def whole_rows(source: Source, limit: int | None = None) -> Iterator[Cells]:
    """A table's well-formed rows."""
    with source.rows() as rows:
        for _, cells in islice(rows, limit):
            if not isinstance(cells, Broken) and fitted(cells, len(source.header)):
                yield cells
