"""A write that fails is tried again after a rest, then kept with its reason until somebody resends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest
from sqlalchemy import select, update

from connectors.folder.connector import Folder
from crm_ext.connector_api import Outcome, Result, Row
from crm_ext.jobs import worker
from crm_ext.store import db, now
from crm_ext.store.models import Connection, LedgerEntry, OutboxRow
from crm_ext.sync import outbox, push, runs
from crm_ext.sync.work import Options
from tests.sync.conftest import Book, Sync


def busy(_: Folder, rows: Iterable[Row]) -> Iterator[Result]:
    for row in rows:
        yield Result(row.id, Outcome.RETRY, "The CRM is busy.")


def rows() -> Sequence[OutboxRow]:
    db.session.expire_all()
    return db.session.scalars(select(OutboxRow).order_by(OutboxRow.contact_id)).all()


def asked_for(connection: Connection) -> None:
    """A run as a button or the schedule asks for it, done by the worker."""
    runs.request(connection, Options())
    assert worker.step()
    db.session.add(connection)


def test_a_failed_write_rests_is_given_up_and_resent(
    book: Book, connection: Connection, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Folder, "push", busy)
        assert (sync()["failed"], {row.attempts for row in rows()}) == (4, {1})
        assert all(row.not_before and row.not_before > now() for row in rows())

        asked_for(connection)
        assert {row.attempts for row in rows()} == {1}, "the worker lets them rest"
        db.session.execute(update(OutboxRow).values(not_before=now()))
        db.session.commit()
        asked_for(connection)
        assert {row.attempts for row in rows()} == {2}

        for _ in range(push.ATTEMPTS):
            sync()
        assert {(row.state, row.attempts, row.reason) for row in rows()} == {
            ("failed", push.ATTEMPTS, "The CRM is busy.")
        }
    assert sync()["pushed"] == 0
    assert outbox.resend(connection, actor="test") == 4
    assert sync()["pushed"] == 4
    assert len(db.session.scalars(select(LedgerEntry)).all()) == 4
    assert rows() == []
    assert set(book.annotated) == set(book.contacts)
