"""The made-up export: the same for a seed, of the size asked for, and whole in itself."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from crm_ext.domain.records import Stream
from crm_ext.sample.export import write

AS_OF = date(2026, 6, 30)


def made(folder: Path, **options: object) -> dict[Stream, int]:
    return write(folder, **{"contacts": 300, "seed": 5, "as_of": AS_OF, **options})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    made(folder)
    return folder


def test_the_same_seed_gives_the_same_bytes(export, tmp_path):
    made(tmp_path)
    for path in export.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_another_seed_gives_other_people(export, tmp_path):
    made(tmp_path, seed=6)
    assert (tmp_path / "contacts.csv").read_bytes() != (export / "contacts.csv").read_bytes()


@pytest.mark.parametrize("contacts", [1, 2, 7, 300])
def test_as_many_contacts_as_asked_for(contacts, tmp_path):
    assert made(tmp_path, contacts=contacts)[Stream.CONTACTS] == contacts
    assert len(rows(tmp_path / "contacts.csv")) == contacts


def test_nothing_happens_after_the_day(export):
    times = [row["Date"] for row in rows(export / "activities.csv")]
    assert times
    assert max(times) < "2026-06-30 24:00"


def test_every_reference_leads_somewhere(export):
    contacts = {row["Contact ID"] for row in rows(export / "contacts.csv")}
    companies = {row["Company ID"] for row in rows(export / "companies.csv")} | {""}
    users = {row["User ID"] for row in rows(export / "users.csv")}
    for name in ("deals", "activities", "cases"):
        for row in rows(export / f"{name}.csv"):
            assert set(row["Contact ID"].split(";")) <= contacts
            assert row["Company ID"] in companies
            assert row["Owner ID"] in users


def test_mail_addresses_are_nobodys(export):
    assert all(row["Email"].endswith("@example.com") for row in rows(export / "contacts.csv"))
