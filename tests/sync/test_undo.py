"""Undo puts back what a run replaced, as far as nobody changed it since; leaving takes everything away."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crm_ext.errors import Conflict
from crm_ext.store import db
from crm_ext.store.models import Connection, ContactRow
from crm_ext.sync import connections, removal, runs
from crm_ext.sync.undo import undo
from tests.sync.conftest import Book, Sync


def test_undo_takes_the_tags_away_and_pauses_writing(book: Book, connection: Connection, sync: Sync) -> None:
    first = sync()
    told = undo(connection, runs.find(first["run"]), actor="test")
    assert told["put_back"] == 4
    assert not any("".join(row.values()) for row in book.annotated.values())
    assert sync()["pushed"] == 0
    connections.resume(connection, actor="test")
    assert sync()["pushed"] == 4


def test_undo_leaves_what_was_changed_since(book: Book, connection: Connection, sync: Sync) -> None:
    first = sync()
    book.type_over("c1", stage="trust")
    book.activities["a9"] = {**book.activities["a1"], "Contact": "c4"}
    book.write()
    second = sync()
    assert second["pushed"] == 1
    told = undo(connection, runs.find(first["run"]), actor="test")
    assert (told["put_back"], told["superseded"], told["changed_by_person"]) == (2, 1, 1)
    assert book.annotated["c1"]["crm_ext_stage"] == "trust"
    assert book.annotated["c4"]["crm_ext_stage"] == "acquaintance"


def test_undo_of_a_later_run_brings_the_earlier_values_back(book: Book, connection: Connection, sync: Sync) -> None:
    sync()
    before = book.annotated["c4"]
    book.activities["a9"] = {**book.activities["a1"], "Contact": "c4"}
    book.write()
    second = sync()
    undo(connection, runs.find(second["run"]), actor="test")
    assert book.annotated["c4"] == before


def test_what_cannot_be_undone_is_told_in_a_sentence(connection: Connection, sync: Sync) -> None:
    dry = sync(dry_run=True)
    with pytest.raises(Conflict, match="dry run: it wrote nothing"):
        undo(connection, runs.find(dry["run"]), actor="test")
    real = sync()
    undone = undo(connection, runs.find(real["run"]), actor="test")
    with pytest.raises(Conflict, match=f"undone by run {undone['run']}"):
        undo(connection, runs.find(real["run"]), actor="test")
    with pytest.raises(Conflict, match="itself an undo"):
        undo(connection, runs.find(undone["run"]), actor="test")


def test_leaving_takes_all_tags_out_of_the_crm(book: Book, connection: Connection, sync: Sync) -> None:
    sync()
    told = removal.remove(connection, tags=True, actor="test")
    assert told["cleared"] == 4
    assert not book.annotated
    assert db.session.scalar(select(func.count()).select_from(ContactRow)) == 0
