"""Rows: those that name one another, those that are set aside, and which columns are which."""

from __future__ import annotations

import pytest

from crm_ext.connector_api import Company, FieldMap, NeedsAttention, Stream, User
from tests.connectors.folder.support import PEOPLE, bad, connected, folder, records

TWINS = PEOPLE + "c3,Ada Finch,ada@example.com\nc4,Ada Finch,finch@example.com\n"


def activities(tmp_path, text, **settings):
    return folder(tmp_path, {"contacts.csv": TWINS, "activities.csv": text}, **settings)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a1,someday,hello,c1", "column 'Date': 'someday' is not a date; expected one like 2026-06-03"),
        ("a1,,hello,c1", "no date: the column 'Date' is empty"),
        ("a1,2026-06-01,hello,c1,more", "the row has 5 cells; expected 4 as in the heading"),
        ("a1,2026-06-01,hello", "the row has 3 cells; expected 4"),
        (",2026-06-01,hello,c1", "no id: column 'Activity ID' is empty"),
        ("a1,2026-06-01,hello,Nobody Known", "no contact is called 'Nobody Known'"),
        ("a1,2026-06-01,hello,Ada Finch", "'Ada Finch' is the name of several contacts"),
        ('a1,2026-06-01,"hello,c1', "the row is not well-formed"),
        ('a1,2026-06-01,"hel"lo,c1', "the row is not well-formed"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_rest_goes_on(row, reason, tmp_path):
    text = f'Activity ID,Date,Notes,Contact\na0,2026-06-01,before,c1\n{row}\na2,2026-06-02,"after",c2\n'
    connector = activities(tmp_path, text)
    assert [each.id for each in records(connector, Stream.ACTIVITIES)] == ["a0", "a2"]
    found = bad(connector, Stream.ACTIVITIES)
    assert [(each.place, each.stream) for each in found] == [("activities.csv line 3", Stream.ACTIVITIES)]
    assert reason in found[0].reason


def test_a_damaged_character_costs_one_row(tmp_path):
    text = b"Contact ID,Name\n" + "".join(f"c{each},林海燕\n" for each in range(50)).encode() + b"c99,\xff\xfe\n"
    connector = folder(tmp_path, {"contacts.csv": text})
    assert len(records(connector, Stream.CONTACTS)) == 50
    assert [each.place for each in bad(connector, Stream.CONTACTS)] == ["contacts.csv line 52"]


def test_lines_are_counted_through_quoted_line_breaks(tmp_path):
    text = 'Activity ID,Date,Notes,Contact\na1,2026-06-01,"one\ntwo\nthree",c1\na2,never,x,c1\n'
    assert [each.place for each in bad(activities(tmp_path, text), Stream.ACTIVITIES)] == ["activities.csv line 5"]


@pytest.mark.parametrize(
    ("heading", "cell", "ids"),
    [
        ("Contact ID", "c1;c2", ("c1", "c2")),
        ("Contact ID", "c1, c2 ,c1", ("c1", "c2")),
        ("Contact", "c2", ("c2",)),
        ("Contact", "Nora@Example.com", ("c1",)),
        ("Contact", "Nora Ashdown (nora@example.com); 林海燕", ("c1",)),
        ("Contact", "nora  ashdown|林海燕", ("c1", "c2")),
        ("联系人", "林海燕、Nora Ashdown", ("c2", "c1")),
        ("Attendee emails", "rep@ours.example.com; lin@example.com", ("c2",)),
        ("Contact", "", ()),
    ],
)
def test_participants(heading, cell, ids, tmp_path):
    connector = activities(tmp_path, f'Activity ID,Date,Notes,{heading}\na1,2026-06-01,hello,"{cell}"\n')
    assert [each.contact_ids for each in records(connector, Stream.ACTIVITIES)] == [ids]


def test_a_type_comes_from_the_file_s_name(tmp_path):
    files = {"contacts.csv": PEOPLE, "calls.csv": "Date,Notes,Contact ID\n2026-06-01,hi,c1\n"}
    files["emails.csv"] = "Date,Subject,Contact ID\n2026-06-01,hi,c1\n"
    assert [each.type for each in records(folder(tmp_path, files), Stream.ACTIVITIES)] == ["call", "email"]


def test_a_row_without_id_is_named_by_its_cells(tmp_path):
    text = "Date,Notes,Contact ID\n2026-06-01,hi,c1\n2026-06-01,ho,c1\n"
    first = [each.id for each in records(activities(tmp_path, text), Stream.ACTIVITIES)]
    assert len(set(first)) == 2
    assert first == [each.id for each in records(connected(tmp_path), Stream.ACTIVITIES)]


@pytest.mark.parametrize(("other", "month"), [("25/12/2025", 6), ("12/25/2025", 3)])
def test_the_order_of_day_and_month_is_found_out(other, month, tmp_path):
    text = f"Activity ID,Date,Notes\na1,3/6/2026,x\na2,{other},y\n"
    assert records(activities(tmp_path, text), Stream.ACTIVITIES)[0].at.month == month


def test_doubtful_dates_need_the_setting(tmp_path):
    text = "Activity ID,Date,Notes\na1,3/6/2026,x\na2,4/4/2026,y\n"
    with pytest.raises(NeedsAttention, match=r"'3/6/2026' can be read in two ways.*Set `date_order`"):
        records(activities(tmp_path, text), Stream.ACTIVITIES)
    assert records(connected(tmp_path, date_order="day"), Stream.ACTIVITIES)[0].at.month == 6


def test_doubtful_amounts_need_the_setting(tmp_path):
    files = {"contacts.csv": PEOPLE, "deals.csv": "Deal ID,Deal name,Amount,Close date\nd1,x,1.234,2026-06-01\n"}
    with pytest.raises(NeedsAttention, match=r"'1.234' can be read in two ways.*Set `decimal_mark`"):
        records(folder(tmp_path, files), Stream.DEALS)
    assert [each.amount for each in records(connected(tmp_path, decimal_mark=","), Stream.DEALS)] == [1234]


def test_a_mapping_comes_first(tmp_path):
    files = {"contacts.csv": "Key,Contact ID,Name,Alias,Rank\nk1,c1,Nora,Nonie,gold\n"}
    mapping = FieldMap(
        fields={Stream.CONTACTS: {"id": "Key", "name": "Alias", "kind": "Rank"}},
        values={Stream.CONTACTS: {"kind": {"Gold": "key_account"}}},
        custom={Stream.CONTACTS: {"old_id": "Contact ID"}},
    )
    folder(tmp_path, files)
    found = records(connected(tmp_path, mapping), Stream.CONTACTS)
    assert [(each.id, each.name, each.kind, each.custom) for each in found] == [
        ("k1", "Nonie", "key_account", {"old_id": "c1"})
    ]


def test_a_mapping_to_a_column_that_is_not_there(tmp_path):
    folder(tmp_path, {"contacts.csv": PEOPLE})
    mapping = FieldMap(fields={Stream.CONTACTS: {"title": "Function"}})
    with pytest.raises(NeedsAttention, match="contacts title from the column 'Function'"):
        records(connected(tmp_path, mapping), Stream.CONTACTS)


def test_companies_and_owners_without_a_table_are_known_by_name(tmp_path):
    rows = "c1,Nora,Elmstone Ltd,mara@example.com\nc2,Ada,Elmstone Ltd,Tobias Rook\nc3,Bram,Lowmoor Foods,\n"
    connector = folder(tmp_path, {"contacts.csv": f"Contact ID,Name,Company,Owner\n{rows}"}, page_size=1)
    assert records(connector, Stream.COMPANIES) == [
        Company(id="Elmstone Ltd", name="Elmstone Ltd"),
        Company(id="Lowmoor Foods", name="Lowmoor Foods"),
    ]
    assert records(connector, Stream.USERS) == [
        User(id="mara@example.com", email="mara@example.com"),
        User(id="Tobias Rook", name="Tobias Rook"),
    ]
    assert [each.company_id for each in records(connector, Stream.CONTACTS)] == [
        "Elmstone Ltd",
        "Elmstone Ltd",
        "Lowmoor Foods",
    ]


def test_names_that_a_table_holds_make_no_second_record(tmp_path):
    files = {
        "contacts.csv": "Contact ID,Name,Company\nc1,Nora,elmstone  ltd\nc2,Ada,Lowmoor Foods\n",
        "companies.csv": "Company ID,Company name\nf1,Elmstone Ltd\n",
    }
    connector = folder(tmp_path, files)
    assert [each.id for each in records(connector, Stream.COMPANIES)] == ["f1", "Lowmoor Foods"]
    assert [each.company_id for each in records(connector, Stream.CONTACTS)] == ["f1", "Lowmoor Foods"]
