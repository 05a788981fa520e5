"""Reading by content: what has not changed is not read, what changes meanwhile is noticed, restarts lose nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from crm_ext.connector_api import FieldMap, Part, RetryLater, Row, Stream
from tests.connectors.folder.support import PEOPLE, connected, folder, pages, records

MANY = "Contact ID,Name\n" + "".join(f'c{each},"Nora\n{each}"\n' for each in range(25))


def again(cursor: object) -> object:
    return json.loads(json.dumps(cursor))


def test_nothing_new_is_one_page_without_records(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    mark = again(pages(connector, Stream.CONTACTS)[-1].since)
    os.utime(tmp_path / "contacts.csv", (1, 1))
    found = pages(connected(tmp_path), Stream.CONTACTS, mark)
    assert [(page.changes, page.since, page.complete) for page in found] == [((), mark, False)]


def test_a_changed_file_is_read_wholly(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    mark = again(pages(connector, Stream.CONTACTS)[-1].since)
    folder(tmp_path, {"contacts.csv": PEOPLE + "c3,Edda,\n"})
    found = pages(connector, Stream.CONTACTS, mark)
    assert sum(len(page.changes) for page in found) == 3
    assert [page.complete for page in found] == [False, True]


def test_other_settings_or_mappings_read_all_again(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    mark = again(pages(connector, Stream.CONTACTS)[-1].since)
    for other in (
        connected(tmp_path, timezone="Asia/Shanghai"),
        connected(tmp_path, FieldMap(custom={Stream.CONTACTS: {"a": "Name"}})),
    ):
        assert pages(other, Stream.CONTACTS, mark)[-1].complete


def test_records_found_by_name_are_read_again_when_the_names_change(tmp_path):
    files = {"contacts.csv": PEOPLE, "activities.csv": "Activity ID,Date,Notes,Contact\na1,2026-06-01,x,Nora Ashdown\n"}
    connector = folder(tmp_path, files)
    mark = again(pages(connector, Stream.ACTIVITIES)[-1].since)
    folder(tmp_path, {"contacts.csv": PEOPLE.replace("c1", "c7")})
    changes = [each for page in pages(connector, Stream.ACTIVITIES, mark) for each in page.changes]
    assert [each.contact_ids for each in changes] == [("c7",)]


def test_a_stream_without_a_file_says_nothing_about_its_records(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    assert [(page.changes, page.complete) for page in pages(connector, Stream.DEALS)] == [((), False)]


def test_several_files_of_a_stream_are_one(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE, "leads.csv": "Lead ID,Name\nl1,Edda\n"})
    assert [each.id for each in records(connector, Stream.CONTACTS)] == ["c1", "c2", "l1"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_restart_at_any_page_gives_the_rest(encoding, tmp_path):
    files = {"contacts.csv": MANY.encode(encoding), "people.csv": "Person ID,Name\np1,Ada\np2,Bram\n"}
    whole = pages(folder(tmp_path, files, page_size=3), Stream.CONTACTS)
    for index, page in enumerate(whole[:-1]):
        rest = pages(connected(tmp_path, page_size=3), Stream.CONTACTS, None, again(page.checkpoint))
        expected = [each.id for page in whole[index + 1 :] for each in page.changes]
        assert [each.id for page in rest for each in page.changes] == expected
        assert rest[-1].since == whole[-1].since


def test_a_checkpoint_of_another_file_starts_over(tmp_path):
    checkpoint = again(pages(folder(tmp_path, {"contacts.csv": MANY}, page_size=3), Stream.CONTACTS)[2].checkpoint)
    folder(tmp_path, {"contacts.csv": PEOPLE})
    rest = pages(connected(tmp_path), Stream.CONTACTS, None, checkpoint)
    assert [each.id for page in rest for each in page.changes] == ["c1", "c2"]


def overwritten(path: Path, text: str) -> None:
    """Other content under the same times, as a copying tool leaves it."""
    before = path.stat()
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda path: overwritten(path, MANY.replace("Nora", "Dora")),
        lambda path: overwritten(path, MANY + "z,Zoe\n"),
        lambda path: path.unlink(),
    ],
    ids=["rewritten", "grown", "gone"],
)
def test_a_file_that_changes_while_it_is_read_is_noticed(meanwhile, tmp_path):
    connector = folder(tmp_path, {"contacts.csv": MANY}, page_size=3)
    pulling = connector.pull(Part(Stream.CONTACTS), None)
    next(pulling)
    meanwhile(tmp_path / "contacts.csv")
    marks = []
    with pytest.raises(RetryLater, match=r"contacts.csv (changed while it was read|cannot be read)"):
        marks.extend(page.since for page in pulling)
    assert set(marks) <= {None}


def test_after_a_change_the_same_connector_reads_the_new_file(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": MANY}, page_size=3)
    pulling = connector.pull(Part(Stream.CONTACTS), None)
    next(pulling)
    overwritten(tmp_path / "contacts.csv", MANY.replace("Nora", "Dora"))
    with pytest.raises(RetryLater):
        list(pulling)
    assert all(each.name.startswith("Dora") for each in records(connector, Stream.CONTACTS))


def test_our_own_writing_is_read_once(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    mark = pages(connector, Stream.CONTACTS)[-1].since
    assert [each.outcome for each in connector.push([Row("c1", {"crm_ext_stage": "trust"})])] == ["ok"]
    echo = pages(connector, Stream.CONTACTS, mark)
    assert [each.tags for page in echo for each in page.changes] == [{"crm_ext_stage": "trust"}, {}]
    assert [page.changes for page in pages(connector, Stream.CONTACTS, echo[-1].since)] == [()]
