"""The road from pull to push, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm_ext.domain.tags import NAMES
from crm_ext.errors import Conflict
from crm_ext.jobs import worker
from crm_ext.store import db, now
from crm_ext.store.models import (
    AnnotationRow,
    Checkpoint,
    Connection,
    ContactRow,
    LedgerEntry,
    OutboxRow,
    Participant,
)
from crm_ext.sync import connections, runs
from crm_ext.sync.work import Options
from tests.sync.conftest import Book, Sync


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_first_run_writes_everybody_and_the_second_nobody(book: Book, sync: Sync) -> None:
    first = sync()
    assert first["status"] == "done"
    assert first["pulled"] == {"contacts": 4, "companies": 0, "activities": 3, "deals": 0, "cases": 0}
    assert (first["annotated"], first["pushed"], first["failed"]) == (4, 4, 0)
    assert set(book.annotated) == set(book.contacts)
    assert book.annotated["c4"]["crm_ext_stage"] == "unknown"

    before = (book.folder / "contacts.annotated.csv").read_bytes()
    second = sync()
    assert (second["annotated"], second["pushed"], second["unchanged"]) == (0, 0, 4)
    assert (book.folder / "contacts.annotated.csv").read_bytes() == before


def test_only_whose_records_changed_is_judged_again(book: Book, sync: Sync) -> None:
    sync()
    book.activities["a4"] = {**book.activities["a1"], "Date": "2026-10-20", "Contact": "c4"}
    book.write()
    told = sync()
    assert (told["annotated"], told["pushed"]) == (1, 1)
    assert book.annotated["c4"]["crm_ext_stage"] == "acquaintance"


def test_an_activity_may_come_before_its_contact(book: Book, sync: Sync) -> None:
    late = book.contacts.pop("c1")
    book.write()
    assert sync()["annotated"] == 3
    book.contacts["c1"] = late
    book.write()
    assert sync()["annotated"] == 1
    assert book.annotated["c1"]["crm_ext_stage"] == "acquaintance"


def test_what_is_gone_from_the_crm_is_gone_here(book: Book, sync: Sync) -> None:
    sync()
    del book.contacts["c2"], book.activities["a3"]
    book.write()
    told = sync()
    assert db.session.scalars(select(ContactRow.external_id).order_by(ContactRow.external_id)).all() == [
        "c1",
        "c3",
        "c4",
    ]
    assert count(AnnotationRow) == 3 + told["changed"]
    assert book.annotated["c3"]["crm_ext_stage"] == "unknown"
    assert "a3" not in set(db.session.scalars(select(Participant.record_id)))


def test_a_dry_run_leaves_no_trace(book: Book, sync: Sync) -> None:
    told = sync(dry_run=True)
    assert (told["would_push"], told["pushed"]) == (4, 0)
    assert {"external_id": "c4", "field": "crm_ext_stage", "old": "", "new": "unknown"} in told["changes"]
    assert not book.annotated
    for model in (Checkpoint, AnnotationRow, OutboxRow, ContactRow):
        assert count(model) == 0, model
    assert sync()["pushed"] == 4


def test_a_limit_leaves_the_rest_in_the_queue(book: Book, sync: Sync) -> None:
    assert sync(limit=1)["pushed"] == 1
    assert count(OutboxRow) == 3
    told = sync()
    assert (told["annotated"], told["pushed"]) == (0, 3)


def test_without_push_nothing_is_written_until_asked(book: Book, sync: Sync) -> None:
    assert sync(push=False)["pushed"] == 0
    assert not book.annotated
    assert sync()["pushed"] == 4


def test_a_row_that_cannot_be_read_is_set_aside(book: Book, sync: Sync) -> None:
    book.activities["a2"]["Date"] = "the day after"
    book.write()
    told = sync()
    assert (told["status"], told["failed"], told["pulled"]["activities"]) == ("partial", 1, 2)
    failure = runs.failures(runs.find(told["run"]))[0]
    assert "the day after" in failure.reason
    assert "activities.csv" in failure.place


def test_a_paused_connection_says_so(connection: Connection, sync: Sync) -> None:
    connections.pause(connection, actor="test")
    with pytest.raises(Conflict, match="is paused"):
        sync()
    connections.resume(connection, actor="test")
    assert sync()["status"] == "done"


def test_time_alone_asks_for_a_new_look(sync: Sync) -> None:
    sync()
    contact = db.session.get(ContactRow, (1, "c1"))
    assert contact is not None
    contact.due_at = now() - timedelta(days=1)
    db.session.commit()
    told = sync()
    assert (told["annotated"], told["pushed"]) == (1, 0)
    db.session.refresh(contact)
    assert contact.due_at is None or contact.due_at > now()


def test_what_was_asked_for_in_the_pages_is_done_by_the_worker(book: Book, connection: Connection) -> None:
    run_id = runs.request(connection, Options()).id
    assert runs.request(connection, Options()).id == run_id
    assert worker.step()
    assert not worker.step()
    assert runs.find(run_id).status == "done"
    assert len(book.annotated) == 4


def test_the_ledger_holds_what_was_written_and_what_it_replaced(sync: Sync) -> None:
    sync()
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.contact_id == "c1")).one()
    assert set(entry.values) == set(NAMES)
    assert not any(entry.replaced.values())


def test_an_annotated_file_that_was_deleted_is_written_anew(book: Book, sync: Sync) -> None:
    sync()
    before = book.annotated
    (book.folder / "contacts.annotated.csv").unlink()
    told = sync()
    assert (told["pushed"], told["overrides"]) == (4, 0)
    assert book.annotated == before
