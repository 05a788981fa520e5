"""Checks of reading: every field, increments, restarts, deletions, and what a CRM's answers may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields

from crm_ext.connector_api.contract import Cursor
from crm_ext.connector_api.errors import RetryLater
from crm_ext.connector_api.testing.case import Case, Untold
from crm_ext.connector_api.testing.pulling import Pull, differences, kept, pulled_all, require
from crm_ext.domain.records import STREAM_OF, Record, Stream

CHINESE = re.compile(r"[\u4e00-\u9fff]")
READ_BACK = ("tags",)
"""Fields that hold what we wrote: the round trip checks them."""


def every_field(case: Case) -> None:
    """All records are pulled, each equal to the expected one in every field, and no row is set aside."""
    for stream, got in full(case).items():
        same(stream, got, case.expected().get(stream, ()))
        require(not got.bad, f"{stream}: rows were set aside: {got.bad}")


def every_field_filled(case: Case) -> None:
    """Each field that is not declared unmapped differs from its default in at least one expected record."""
    expected = case.expected()
    lines = [
        f"{stream}.{name} is never filled"
        for stream, name in case.mapped()
        if name not in READ_BACK and not any(filled(each, name) for each in expected.get(stream, ()))
    ]
    require(not lines, f"{'; '.join(lines)}: give an expected record that fills it, or a reason in `unmapped`.")
    for stream, unmapped in case.unmapped.items():
        known = {each.name for each in fields(next(kind for kind, of in STREAM_OF.items() if of is stream))}
        require(
            unmapped.keys() <= known, f"`unmapped` names fields that {stream} do not have: {unmapped.keys() - known}"
        )


def incremental(case: Case) -> None:
    """A second pull from the mark gives nothing; after changes it gives what changed and nothing else."""
    streams = case.make().capabilities.incremental
    require(streams, "No stream is incremental: say so in `skips`.")
    before = marks(full(case))
    for stream, got in pulled_all(case.make, streams, before).items():
        require(not got.records, f"{stream}: nothing changed, and yet these came again: {sorted(got.records)}")
    changed = case.change()
    missing = {stream.value for stream in streams} - {stream.value for stream in changed}
    require(not missing, f"`change` must change something in {sorted(missing)}, too.")
    for stream, got in pulled_all(case.make, streams, before).items():
        same(stream, got, changed[stream])


def restart(case: Case) -> None:
    """A new connector goes on from any page's checkpoint, and nothing is lost."""
    several = 0
    for stream, got in full(case).items():
        for index, (part, page) in enumerate(got.pages):
            if index + 1 == len(got.pages) or got.pages[index + 1][0] != part:
                continue
            several += 1
            require(page.checkpoint is not None, f"{stream}: page {index + 1} has no checkpoint, though more follow.")
            rest = Pull(stream, got.pages[: index + 1])
            rest.pages += [(part, each) for each in case.make().pull(part, kept(page.checkpoint))]
            rest.pages += [each for each in got.pages[index + 1 :] if each[0] != part]
            same(stream, rest, got.records.values(), f"after a restart from page {index + 1}")
            require(rest.since is not None or got.since is None, f"{stream}: a restarted pull leaves no mark.")
    require(several, "No stream has a second page: give settings that make pages small.")


def deleted(case: Case) -> None:
    """What is deleted in the CRM is told as Deleted, or is missing from a pull that says it was complete."""
    before = full(case)
    removed = case.delete()
    require(removed, "`delete` must name what it deleted.")
    for stream, ids in removed.items():
        got = pulled_all(case.make, (stream,), {stream: before[stream].since})[stream]
        if not got.deleted >= set(ids):
            got = pulled_all(case.make, (stream,))[stream]
            require(
                got.complete or got.deleted >= set(ids), f"{stream}: {list(ids)} were deleted, and nothing says so."
            )
        require(not got.records.keys() & set(ids), f"{stream}: {list(ids)} were deleted and still come.")


def merged(case: Case) -> None:
    """A record that was merged into another is told as Merged."""
    before = full(case)
    stream, old, new = case.merge()
    got = pulled_all(case.make, (stream,), {stream: before[stream].since})[stream]
    require(got.merged.get(old) == new, f"{stream}: {old} was merged into {new}; told was {got.merged}.")


def duplicates(case: Case) -> None:
    """A row that comes twice ends as one record."""
    fault = case.duplicate()
    for stream, got in full(case).items():
        same(stream, got, case.expected().get(stream, ()), "with a row that comes twice")
    require(fault is None or fault.hits, "The fault of `duplicate` hit no request: correct its `match`.")


def empty_crm(case: Case) -> None:
    """A CRM without records is no error; it leaves a mark where the stream is incremental."""
    emptied = case.empty()
    for stream, got in full(case).items():
        if emptied is not None and stream not in emptied:
            continue
        require(not got.records, f"{stream}: the CRM is empty, and these came: {sorted(got.records)}")
        incremental = stream in case.connector.capabilities.incremental
        require(got.since is not None or not incremental, f"{stream}: the pull of an empty CRM leaves no mark.")


def empty_pages(case: Case) -> None:
    """A page without rows in the middle does not end the pull."""
    with case.failing("empty_page") as fault:
        for stream, got in full(case).items():
            same(stream, got, case.expected().get(stream, ()), "with an empty page in the middle")
        require(fault.hits, "The fault 'empty_page' hit no request: correct its `match`.")


def cursor_round(case: Case) -> None:
    """A CRM whose cursor comes round is told apart from one with many pages: RetryLater, not an endless pull."""
    with case.failing("cursor_round") as fault:
        try:
            full(case, page_limit=1000)
        except RetryLater:
            return
        require(
            fault.hits > 1, "The fault 'cursor_round' hit no second page: correct its `match`, or make pages small."
        )
        raise AssertionError("The same page came again and again, and no RetryLater was raised.")


def chinese(case: Case) -> None:
    """Chinese text comes as it stands in the CRM."""
    for stream, records in case.expected().items():
        named = {each.id: each for each in records if CHINESE.search(str(each))}
        if named:
            got = pulled_all(case.make, (stream,))[stream].records
            same(stream, {name: got[name] for name in named if name in got}, named.values())
            return
    raise Untold("No expected record holds Chinese text: add one to the CRM's known state.")


def full(case: Case, page_limit: int | None = None) -> dict[Stream, Pull]:
    """Every stream from the beginning; with a limit, no more than that many pages of each."""
    connector = case.make()
    got = {stream: Pull(stream) for stream in connector.capabilities.streams}
    for stream, each in got.items():
        for part in connector.parts(stream, None):
            for page in connector.pull(part, None):
                each.pages.append((part, page))
                require(page_limit is None or len(each.pages) < page_limit, f"{stream}: {page_limit} pages and no end.")
    connector.close()
    return got


def marks(pulls: Mapping[Stream, Pull]) -> dict[Stream, Cursor | None]:
    for stream, got in pulls.items():
        require(got.pages, f"{stream}: a pull must yield at least its last page.")
    return {stream: got.since for stream, got in pulls.items()}


def same(stream: Stream, got: Pull | Mapping[str, Record], expected: Iterable[Record], when: str = "") -> None:
    records = got.records if isinstance(got, Pull) else got
    lines = differences(records, expected, READ_BACK)
    require(not lines, f"{stream} {when}".strip() + ": " + "; ".join(lines))


def filled(record: Record, name: str) -> bool:
    """Whether a field has another value than the one it has when nobody fills it."""
    described = next(each for each in fields(record) if each.name == name)
    made = described.default_factory() if described.default_factory is not MISSING else described.default
    return bool(getattr(record, name) != (None if made is MISSING else made))


PULL_CHECKS = (
    every_field, every_field_filled, incremental, restart, deleted, merged, duplicates, empty_crm, empty_pages,
    cursor_round, chinese,
)  # fmt: skip
