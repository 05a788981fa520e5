"""A small export in a folder, connected, and ways to change it as people do."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm_ext.store import vault
from crm_ext.store.models import Connection
from crm_ext.sync import connections, engine
from crm_ext.sync.work import Options

CONTACTS = {
    "c1": {"Name": "Ida Brook", "Email": "ida@example.com", "Title": "baker"},
    "c2": {"Name": "Tom Lund", "Email": "tom@example.com", "Title": "gardener"},
    "c3": {"Name": "林小雨", "Email": "lin@example.com", "Title": "店主"},
    "c4": {"Name": "Noor Haddad", "Email": "noor@example.com", "Title": "nurse"},
}
ACTIVITIES = {
    "a1": {
        "Type": "call",
        "Direction": "inbound",
        "Date": "2026-10-01",
        "Contact": "c1",
        "Notes": "Call me next week.",
    },
    "a2": {"Type": "email", "Direction": "outbound", "Date": "2026-10-02", "Contact": "c2", "Notes": "Sent an offer."},
    "a3": {"Type": "meeting", "Direction": "mutual", "Date": "2026-10-03", "Contact": "c3", "Notes": "一起喝茶。"},
}
OPTIONS = Options()


@dataclass
class Book:
    """The folder as a CRM would export it."""

    folder: Path
    contacts: dict[str, dict[str, str]]
    activities: dict[str, dict[str, str]]

    def write(self) -> None:
        table(self.folder / "contacts.csv", "Contact ID", self.contacts)
        table(self.folder / "activities.csv", "Activity ID", self.activities)

    @property
    def annotated(self) -> dict[str, dict[str, str]]:
        """What a rep sees: our columns by contact."""
        path = self.folder / "contacts.annotated.csv"
        if not path.exists():
            return {}
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {
                row["Contact ID"]: {name: value for name, value in row.items() if name.startswith("crm_ext_")}
                for row in csv.DictReader(file)
            }

    def type_over(self, contact: str, **values: str) -> None:
        """Change our columns by hand, as a person does in a spreadsheet."""
        path = self.folder / "contacts.annotated.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = {row["Contact ID"]: row for row in csv.DictReader(file)}
        rows[contact].update({f"crm_ext_{name}": value for name, value in values.items()})
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, next(iter(rows.values())))
            writer.writeheader()
            writer.writerows(rows.values())


def table(path: Path, key: str, rows: Mapping[str, Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [key, *next(iter(rows.values()))])
        writer.writeheader()
        writer.writerows({key: name, **row} for name, row in rows.items())


@pytest.fixture
def book(tmp_path: Path) -> Book:
    folder = tmp_path / "export"
    folder.mkdir()
    made = Book(
        folder, {key: dict(row) for key, row in CONTACTS.items()}, {key: dict(row) for key, row in ACTIVITIES.items()}
    )
    made.write()
    return made


@pytest.fixture
def connection(app: Flask, book: Book) -> Connection:
    vault.make_key_file(app.extensions["crm_ext"])
    return connections.add("book", "folder", {"path": str(book.folder)}, actor="test")


Sync = Callable[..., dict[str, Any]]


@pytest.fixture
def sync(connection: Connection) -> Sync:
    """Run one pass; keyword arguments are its options."""

    def run(**options: Any) -> dict[str, Any]:
        return engine.sync(connection, Options(**options))

    return run
