"""What files may be made of, and what is said of those that are no tables."""

from __future__ import annotations

import zipfile

import pytest

from connectors.folder import Folder
from connectors.folder.tables import LARGEST_CELL
from crm_ext.connector_api import Level, NeedsAttention, Stream
from tests.connectors.folder.support import PEOPLE, bad, connected, folder, pages, records, workbook

NAMES = ["Nora Ashdown", "林海燕"]


def names(connector: Folder) -> list[str]:
    return [each.name for each in records(connector, Stream.CONTACTS)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_found_out(encoding, tmp_path):
    assert names(folder(tmp_path, {"contacts.csv": PEOPLE.encode(encoding)})) == NAMES


def test_western_text_is_read_as_such(tmp_path):
    text = "Contact ID;Name;Email\nc1;Zoë Müller;zoe@example.com\nc2;André;andre@example.com\n"
    assert names(folder(tmp_path, {"contacts.csv": text.encode("cp1252")})) == ["Zoë Müller", "André"]


def test_the_setting_beats_what_is_found_out(tmp_path):
    text = "Contact ID,Name\nc1,Žofie\n"
    assert names(folder(tmp_path, {"contacts.csv": text.encode("utf-16")}, encoding="utf-16")) == ["Žofie"]


def test_chinese_late_in_a_file_is_found(tmp_path):
    head = "Contact ID,Name\n" + "".join(f"c{number},Nora\n" for number in range(200_000))
    assert names(folder(tmp_path, {"contacts.csv": (head + "z,林\n").encode("gb18030")}))[-1] == "林"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(sign, tmp_path):
    text = f'Contact ID{sign}Name{sign}Notes\nc1{sign}"Ashdown, Nora"{sign}"a;b|c"\n'
    assert names(folder(tmp_path, {"contacts.csv": text})) == ["Ashdown, Nora"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end, tmp_path):
    assert names(folder(tmp_path, {"contacts.csv": PEOPLE.replace("\n", end)})) == NAMES


def test_tabs_by_ending(tmp_path):
    assert names(folder(tmp_path, {"contacts.tsv": PEOPLE.replace(",", "\t")})) == NAMES


def test_lines_before_the_heading(tmp_path):
    text = f"Export of 3 June\n\nsep=,\n{PEOPLE}"
    assert names(folder(tmp_path, {"contacts.csv": text})) == NAMES


def test_blanks_before_quotation_marks(tmp_path):
    text = '"Contact ID", "Name", "Email"\n"c1", "Ashdown, Nora", "n@example.com"\n'
    assert names(folder(tmp_path, {"contacts.csv": text})) == ["Ashdown, Nora"]


def test_sheets_of_a_workbook(tmp_path):
    workbook(
        tmp_path / "export.xlsx",
        {
            "Contacts": [["Contact ID", "Name", "Created"], ["c1", "Nora", None], [7, "林"]],
            "Deals": [["Deal ID", "Deal name", "Amount", "Close date", "Status"], [1, "Seals", 3.5, 46176, "Won"]],
        },
    )
    connector = connected(tmp_path)
    assert [each.id for each in records(connector, Stream.CONTACTS)] == ["c1", "7"]
    assert [(each.id, str(each.amount), each.at.day) for each in records(connector, Stream.DEALS)] == [("1", "3.5", 3)]


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (1 << 26))
    return path.read_bytes()


def archive(path):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("contacts.csv", PEOPLE)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("contacts.csv", b"", "contacts.csv is empty"),
        ("contacts.csv", b"\xef\xbb\xbf \r\n", "contacts.csv is empty"),
        ("contacts.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
        ("contacts.xlsx", b"<table><tr><td>Name</td></tr></table>", "is a web page"),
        ("contacts.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "old Excel format"),
        ("contacts.xlsx", PEOPLE.encode(), "is not an Excel workbook"),
        ("contacts.xlsx", b"PK\x03\x04nonsense", "is damaged"),
        ("contacts.csv", b"%PDF-1.7 ...", "is not a table"),
        ("contacts.csv", bytes(range(256)) * 20, "holds binary data"),
        ("contacts.csv", b"x" * (5 << 20), "no line break"),
        ("contacts.xlsx", bomb, "which no export does"),
        ("contacts.xlsx", archive, "ZIP archive"),
        ("contacts.csv", archive, "is a workbook, not text"),
        ("contacts.csv", b"Contact ID,Shoe size\n1,39\n", "looks like contacts but has no column for name"),
        ("contacts.csv", b"a,b\n1,2\n", "looks like contacts but has no"),
        ("shoes.csv", b"Size,Colour\n39,red\n", "it holds shoes.csv"),
        ("readme.md", b"nothing", "it holds no CSV or XLSX file"),
    ],
)
def test_what_cannot_be_read_is_told(name, content, said, tmp_path):
    made = content(tmp_path / "made") if callable(content) else content
    connector = folder(tmp_path / "export", {name: made})
    with pytest.raises(NeedsAttention, match=said) as raised:
        pages(connector, Stream.CONTACTS)
    assert raised.value.fix
    failed = [each for each in connector.check() if each.level is Level.FAIL]
    assert failed
    assert all(each.fix for each in failed)


def test_a_missing_folder(tmp_path):
    connector = connected(tmp_path / "nowhere")
    with pytest.raises(NeedsAttention, match="does not exist"):
        pages(connector, Stream.CONTACTS)
    assert [(each.name, each.level) for each in connector.check()] == [("folder", Level.FAIL)]


def test_a_file_instead_of_a_folder(tmp_path):
    (tmp_path / "contacts.csv").write_text(PEOPLE)
    with pytest.raises(NeedsAttention, match="is a file, not a folder"):
        pages(connected(tmp_path / "contacts.csv"), Stream.CONTACTS)


def test_a_strange_file_beside_the_export_does_no_harm(tmp_path):
    connector = folder(
        tmp_path, {"contacts.csv": PEOPLE, "prices.csv": b"\x00\x01\x02" * 99, "shoes.csv": "a,b\n1,2\n"}
    )
    assert names(connector) == NAMES
    levels = {each.name: each.level for each in connector.check()}
    assert levels["prices.csv"] is Level.FAIL
    assert levels["shoes.csv"] is Level.WARN


def test_what_is_not_ours_to_read_is_left_alone(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE, ".hidden.csv": PEOPLE, "~$contacts.xlsx": b"lock"})
    (tmp_path / "archive.csv").mkdir()
    assert names(connector) == NAMES


def test_a_wrong_time_zone(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": PEOPLE}, timezone="Mars/Base")
    with pytest.raises(NeedsAttention, match="'Mars/Base' is not a time zone"):
        pages(connector, Stream.CONTACTS)


def test_a_cell_without_end_is_set_aside(tmp_path):
    long = "x" * (LARGEST_CELL + 9)
    connector = folder(tmp_path, {"contacts.csv": f"{PEOPLE}c3,{long},\nc4,Edda,\n"})
    assert names(connector) == [*NAMES, "Edda"]
    assert [each.place for each in bad(connector, Stream.CONTACTS)] == ["contacts.csv line 4"]
