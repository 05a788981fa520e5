"""What `check` finds out about a folder, a line for each question."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from connectors.folder.export import SAMPLE, Export, whole_rows
from connectors.folder.files import NotATable
from connectors.folder.layout import Source, Unknown
from connectors.folder.pull import chunks
from connectors.folder.survey import refuse_lacking
from crm_ext.connector_api import ConnectorError, Field, Finding, Level, Stream

USED = "Only contacts, companies, activities, deals, cases and users are read."


def findings(export: Export) -> Iterator[Finding]:
    """Whether the folder can be read, what each file holds and how well, and whether we may write beside it."""
    try:
        export.survey.look()
    except ConnectorError as error:
        yield failed("folder", error)
        return
    tables = export.survey.tables
    yield Finding("folder", Level.PASS, f"{export.survey.folder} can be read; {len(tables)} tables.")
    for each in tables:
        yield _table(export, each)
    if not any(isinstance(each, Source) and each.stream is Stream.CONTACTS for each in tables):
        yield Finding("contacts", Level.FAIL, "No table of contacts was found.", "Export the contacts into the folder.")
    yield _writable(export)


def failed(name: str, error: ConnectorError) -> Finding:
    return Finding(name, Level.FAIL, error.message, error.fix)


def _table(export: Export, found: Source | Unknown | NotATable) -> Finding:
    if isinstance(found, NotATable):
        return failed(found.name, found)
    if isinstance(found, Unknown):
        return Finding(found.name, Level.WARN, f"Not used; its columns are {', '.join(found.header)}.", USED)
    try:
        refuse_lacking(found)
        return _sampled(export, found)
    except ConnectorError as error:
        return failed(found.name, error)


def _sampled(export: Export, source: Source) -> Finding:
    changes, bad, _ = next(chunks(export, source, source.place))
    form = source.file.form
    mapped = ", ".join(f"{ours} ← {source.header[index]}" for ours, index in source.columns.items())
    left = f"; not used: {', '.join(source.unmapped)}" if source.unmapped else ""
    written = (
        "workbook" if form.workbook else f"{form.encoding}, parted by {form.delimiter!r}, {source.file.lines:,} lines"
    )
    detail = f"{source.stream} ({written}): {mapped}{left}."
    if bad:
        example = f"{bad[0].place}: {bad[0].reason}"
        return Finding(
            source.name,
            Level.FAIL if not changes else Level.WARN,
            f"{detail} Of the first {len(changes) + len(bad)} rows {len(bad)} are set aside. {example}",
            "Correct them in the CRM, or map another column.",
        )
    return Finding(source.name, Level.PASS, f"{detail} The first {len(changes)} rows are all readable.")


def _writable(export: Export) -> Finding:
    if os.access(export.survey.folder, os.W_OK | os.X_OK):
        return Finding("write", Level.PASS, "The annotated copy can be written beside the contacts.")
    return Finding(
        "write",
        Level.FAIL,
        f"Nothing may be written in {export.survey.folder}.",
        "Give the user that runs crm-ext the right to write there.",
    )


def fields(export: Export, stream: Stream) -> list[Field]:
    """The columns of a stream's tables, with the share of the first rows that have them filled."""
    export.survey.look()
    found: dict[str, Field] = {}
    for source in export.sources(stream):
        rows = list(islice(whole_rows(source), SAMPLE))
        filled = Counter(index for cells in rows for index, cell in enumerate(cells) if cell.strip())
        for index, name in enumerate(source.header):
            share = filled[index] / len(rows) if rows else None
            found.setdefault(name, Field(stream, name, name, fill=share))
    return list(found.values())
