"""Writing: a copy beside the original, whole or not at all, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from openpyxl import load_workbook

from crm_ext.connector_api import NeedsAttention, Outcome, RetryLater, Row, Stream
from tests.connectors.folder.support import PEOPLE, connected, folder, pages, records, workbook

STAGE, REASONS = "crm_ext_stage", "crm_ext_reasons"


def pushed(connector, values):
    return {each.id: each.outcome for each in connector.push(Row(name, each) for name, each in values.items())}


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_copy_has_the_original_s_columns_and_ours(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE.replace(",", ";").encode("gb18030")})
    assert pushed(connector, {"c2": {STAGE: "trust"}, "c9": {STAGE: "trust"}}) == {"c2": "ok", "c9": "gone"}
    copy = tmp_path / "contacts.annotated.csv"
    assert copy.read_bytes().startswith(b"\xef\xbb\xbfContact ID;Name;Email;crm_ext_stage\r\n")
    assert "c2;林海燕;lin@example.com;trust" in copy.read_text("utf-8-sig")
    assert (tmp_path / "contacts.csv").read_bytes() == PEOPLE.replace(",", ";").encode("gb18030")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["contacts.annotated.csv", "contacts.csv"]


def test_what_stood_in_the_copy_stays_for_the_others(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    pushed(connector, {"c1": {STAGE: "trust", REASONS: "one"}})
    pushed(connected(tmp_path), {"c1": {STAGE: "alliance"}, "c2": {STAGE: "stranger"}})
    assert connector.read_tags(["c1", "c2", "c3"]) == {
        "c1": {STAGE: "alliance", REASONS: "one"},
        "c2": {STAGE: "stranger"},
    }


def test_the_copy_outlives_an_export_with_other_columns(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    pushed(connector, {"c2": {STAGE: "trust"}})
    folder(tmp_path, {"contacts.csv": "Email,Job title,Name,Contact ID\nlin@example.com,boss,林海燕,c2\n"})
    assert [each.tags for each in records(connector, Stream.CONTACTS)] == [{STAGE: "trust"}]
    pushed(connector, {"c2": {REASONS: "more"}})
    assert table(tmp_path / "contacts.annotated.csv")[1] == ["lin@example.com", "boss", "林海燕", "c2", "more", "trust"]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@SUM(A1)", "\tx", "'quoted", "fine", 'a "b", c\nd；林'])
def test_our_texts_are_no_formulas_and_come_back_as_they_were(text, tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE.replace("Nora Ashdown", "=Nora")})
    pushed(connector, {"c1": {REASONS: text}})
    row = table(tmp_path / "contacts.annotated.csv")[1]
    assert row[1] == "=Nora"
    assert not row[3].startswith(("=", "+", "-", "@", "\t"))
    assert connector.read_tags(["c1"])["c1"] == {REASONS: text}


def test_a_workbook_s_copy_is_a_workbook(tmp_path):
    rows = [["Contact ID", "Name", "Created", "Sum"], ["c1", "=Nora", None, 1.5], ["c2", "林海燕", None, None]]
    workbook(tmp_path / "contacts.xlsx", {"Contacts": rows})
    connector = connected(tmp_path)
    assert pushed(connector, {"c1": {REASONS: "=2+2"}, "c2": {STAGE: "trust"}}) == {"c1": "ok", "c2": "ok"}
    sheet = load_workbook(tmp_path / "contacts.annotated.xlsx")["Contacts"]
    assert [cell.value for cell in sheet[1]] == ["Contact ID", "Name", "Created", "Sum", REASONS, STAGE]
    assert [(cell.value, cell.data_type) for cell in sheet[2]][4] == ("'=2+2", "s")
    assert sheet["D2"].value == 1.5
    assert connector.read_tags(["c1", "c2"]) == {"c1": {REASONS: "=2+2"}, "c2": {STAGE: "trust"}}
    assert len(records(connector, Stream.CONTACTS)) == 2


def test_rows_that_are_set_aside_are_copied_all_the_same(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE + ",Nameless,\nc3,Edda\n"})
    pushed(connector, {"c1": {STAGE: "trust"}})
    copied = table(tmp_path / "contacts.annotated.csv")
    assert copied[3] == ["", "Nameless", "", ""]
    assert copied[4][:2] == ["c3", "Edda"]


def test_nothing_is_told_before_the_file_is_in_place(tmp_path, monkeypatch):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    told = []
    with pytest.raises(RetryLater, match="cannot be written: No space left on device"):
        told.extend(connector.push([Row("c1", {STAGE: "trust"})]))
    assert told == []
    assert [each.name for each in tmp_path.iterdir()] == ["contacts.csv"]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from connectors.folder import Folder
    from crm_ext.connector_api import Row
    Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    connector = Folder({"path": sys.argv[1]})
    for each in connector.push([Row("c1", {"crm_ext_stage": "alliance"})]):
        print(each, flush=True)
"""


def test_killed_before_the_rename_the_old_copy_stands(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    pushed(connector, {"c1": {STAGE: "trust"}})
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "")
    assert len(list(tmp_path.glob(".contacts.annotated.csv.*.tmp"))) == 1
    assert connected(tmp_path).read_tags(["c1"]) == {"c1": {STAGE: "trust"}}
    assert len(records(connected(tmp_path), Stream.CONTACTS)) == 2
    pushed(connected(tmp_path), {"c1": {STAGE: "alliance"}})
    assert sorted(each.name for each in tmp_path.iterdir()) == ["contacts.annotated.csv", "contacts.csv"]
    assert connected(tmp_path).read_tags(["c1"]) == {"c1": {STAGE: "alliance"}}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(NeedsAttention, match=r"contacts.annotated.csv cannot be written: Permission denied"):
            pushed(connector, {"c1": {STAGE: "trust"}})
        assert any(each.name == "write" and each.fix for each in connector.check())
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_an_original_that_changes_meanwhile_stops_the_write(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    pages(connector, Stream.CONTACTS)
    before = (tmp_path / "contacts.csv").stat()
    (tmp_path / "contacts.csv").write_text(PEOPLE.replace("Nora", "Dora"), "utf-8")
    os.utime(tmp_path / "contacts.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(RetryLater, match=r"contacts.csv changed while it was read"):
        pushed(connector, {"c1": {STAGE: "trust"}})
    assert not (tmp_path / "contacts.annotated.csv").exists()


def test_clear_takes_the_copy_away(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE})
    pushed(connector, {"c1": {STAGE: "trust"}})
    assert [each.name for each in connector.clear(())] == ["contacts.annotated.csv"]
    assert connector.clear(()) == []
    assert connector.read_tags(["c1"]) == {"c1": {}}


def test_a_row_for_each_of_two_files(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE, "leads.csv": "Lead ID,Name\nl1,Edda\n"})
    found = pushed(connector, {"c1": {STAGE: "trust"}, "l1": {STAGE: "stranger"}})
    assert set(found.values()) == {Outcome.OK}
    assert connector.read_tags(["l1"]) == {"l1": {STAGE: "stranger"}}
