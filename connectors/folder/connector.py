"""A folder of CSV or XLSX files, as any CRM exports them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from connectors.folder import checks
from connectors.folder.export import Export
from connectors.folder.files import annotated_path
from connectors.folder.layout import Source
from connectors.folder.pull import pulled
from connectors.folder.push import pushed
from crm_ext.connector_api import (
    Capabilities,
    Connector,
    Context,
    Cursor,
    Field,
    Finding,
    Level,
    Page,
    Part,
    Result,
    Row,
    Setting,
    Stream,
    TagSpec,
)

ENCODINGS = ("", "utf-8", "gb18030", "utf-16", "cp1252")


class Folder(Connector):
    """Reads an export's tables; writes our columns into a copy beside the contacts, never into the original."""

    slug = "folder"
    label = "Folder of CSV or Excel files"
    settings = (
        Setting(name="path", label="Folder", kind="path", help="Where the CRM's export lies: CSV or XLSX files."),
        Setting(name="timezone", label="Time zone", default="UTC", help="Where times without a zone were written."),
        Setting(
            name="date_order",
            label="Order of day and month",
            kind="choice",
            default="auto",
            choices=(("auto", "Find out"), ("day", "3/6/2026 is 3 June"), ("month", "6/3/2026 is 3 June")),
            help="Only asked where no date of a file shows it.",
        ),
        Setting(
            name="decimal_mark",
            label="Decimal mark",
            kind="choice",
            default="auto",
            choices=(("auto", "Find out"), (".", "1,234.50"), (",", "1.234,50")),
        ),
        Setting(
            name="encoding",
            label="Encoding",
            kind="choice",
            default="",
            choices=tuple((each, each or "Find out") for each in ENCODINGS),
        ),
        Setting(name="page_size", label="Rows per page", kind="int", default=1_000, help="Records handed on at once."),
        Setting(name="currency", label="Currency", default="", help="Of amounts that name none, such as EUR."),
    )
    capabilities = Capabilities(
        streams=tuple(Stream),
        tags="columns",
        push_batch=1_000,
        incremental=frozenset(Stream),
        settle=0.0,
        push_apart=False,
    )

    def __init__(self, settings: Mapping[str, Any], context: Context | None = None) -> None:
        super().__init__(settings, context)
        defaults = {each.name: each.default for each in self.settings if not each.required}
        self._export = Export({**defaults, **settings}, self.context.mapping)

    def check(self) -> list[Finding]:
        return list(checks.findings(self._export))

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        return pulled(self._export, part, checkpoint)

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        return pushed(self._export, rows)

    def read_tags(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        sources = self._contacts()
        known = self._export.names(Stream.CONTACTS)
        copies = [self._export.annotated(each) for each in sources]
        return {
            each: {name: value for copy in copies for name, value in copy.of(each).items()}
            for each in ids
            if known.find(f"#{each}") is not None
        }

    def tags_lost(self) -> bool:
        return not any(annotated_path(each.file.path).exists() for each in self._contacts())

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        written = ", ".join(annotated_path(each.file.path).name for each in self._contacts())
        return [Finding(each.name, Level.PASS, f"A column of {written}, made when it is written.") for each in tags]

    def fields(self, stream: Stream) -> list[Field]:
        return checks.fields(self._export, stream)

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        """Remove the annotated copies, which hold nothing that the originals have not."""
        copies = [annotated_path(each.file.path) for each in self._contacts()]
        there = [each for each in copies if each.exists()]
        for each in there:
            with suppress(FileNotFoundError):
                each.unlink()
        return [Finding(each.name, Level.PASS, "Removed.") for each in there]

    def _contacts(self) -> list[Source]:
        self._export.survey.look()
        return self._export.sources(Stream.CONTACTS)

    def close(self) -> None:
        self._export.close()
