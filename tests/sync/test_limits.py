"""What keeps a run from doing harm: stop-loss, budget, first cap, pause; and how an admin lets it go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from crm_ext.errors import Conflict
from crm_ext.jobs import worker
from crm_ext.store import db
from crm_ext.store.bulk import table_of
from crm_ext.store.models import Connection, ContactRow, LedgerEntry, OutboxRow, Run, Usage
from crm_ext.sync import alerting, connections, engine, limits, runs, schedule, usage
from crm_ext.sync.work import Options
from tests.sync.conftest import Book, Sync

STAYS = {
    "Type": "meeting",
    "Direction": "mutual",
    "Date": "2026-10-20",
    "Notes": "Promised to recommend us.",
}


@pytest.fixture(autouse=True)
def _a_few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FEW", 2)


def touch(book: Book, *contacts: str) -> None:
    """Give these contacts something that changes what is written."""
    for each in contacts:
        book.activities[f"new-{each}"] = {**STAYS, "Contact": each}
    book.write()


def written() -> int:
    return db.session.scalar(select(func.count()).select_from(LedgerEntry)) or 0


def crm() -> Connection:
    """The connection anew: the worker gave its session back."""
    return connections.get("book")


def ask(**options: Any) -> Run:
    """A run by button, done by the worker."""
    return done(runs.request(crm(), Options(**options)).id)


def done(number: int) -> Run:
    while worker.step():
        pass
    return runs.find(number)


class TestTooManyChanges:
    def test_filling_empty_fields_is_no_change(self, sync: Sync) -> None:
        assert sync()["status"] == "done"

    def test_a_run_that_would_change_too_much_stops_and_writes_nothing(
        self, book: Book, connection: Connection, sync: Sync
    ) -> None:
        sync()
        touch(book, "c1", "c2", "c4")
        with pytest.raises(limits.Stopped, match=r"3 of 4 contacts .* sync book --accept"):
            sync()
        run = runs.history(connection)[0]
        assert (run.status, run.options["stopped"], written()) == ("stopped", "changes", 4)
        assert alerting.shown(connection)["state"] == "stopped"

    def test_with_the_admins_word_the_same_run_goes_on(self, book: Book, connection: Connection, sync: Sync) -> None:
        sync()
        touch(book, "c1", "c2", "c4")
        with pytest.raises(limits.Stopped):
            sync()
        told = sync(accept=True)
        assert (told["run"], told["status"], told["pushed"]) == (runs.history(connection)[0].id, "done", 3)
        assert alerting.shown(connection)["state"] == "fine"

    def test_the_button_is_the_same_word(self, book: Book, connection: Connection, sync: Sync) -> None:
        sync()
        touch(book, "c1", "c2", "c4")
        stopped = ask()
        assert (stopped.status, written()) == ("stopped", 4)
        number = stopped.id
        runs.accept(stopped, actor="admin@example.com")
        assert (done(number).status, written()) == ("done", 7)
        with pytest.raises(Conflict, match="asks nothing"):
            runs.accept(runs.find(number), actor="admin@example.com")

    def test_few_changes_go_through(self, book: Book, sync: Sync) -> None:
        sync()
        touch(book, "c4")
        assert sync()["pushed"] == 1

    def test_nothing_begins_by_itself_while_it_waits_but_a_person_may(
        self, book: Book, connection: Connection, sync: Sync
    ) -> None:
        sync()
        touch(book, "c1", "c2", "c4")
        stopped = ask()
        assert runs.request(crm(), Options(), by="schedule").id == stopped.id
        assert runs.request(crm(), Options(), by="webhook").id == stopped.id
        assert runs.request(crm(), Options()).id != stopped.id

    def test_the_setting_turns_it_off(self, book: Book, connection: Connection, sync: Sync) -> None:
        connections.update(connection, {"stop_changes": 0}, actor="test")
        sync()
        touch(book, "c1", "c2", "c4")
        assert sync()["pushed"] == 3

    def test_a_dry_run_shows_all_and_stops_nowhere(self, book: Book, sync: Sync) -> None:
        sync()
        touch(book, "c1", "c2", "c4")
        assert sync(dry_run=True)["would_push"] == 3


class TestTooManyFailures:
    def test_records_that_cannot_be_read(self, book: Book, connection: Connection, sync: Sync) -> None:
        for number in range(6):
            book.activities[f"bad-{number}"] = {**STAYS, "Date": "no date", "Contact": "c1"}
        book.write()
        with pytest.raises(limits.Stopped, match="records could not be read"):
            sync()
        assert written() == 0
        told = sync(accept=True)
        assert (told["status"], told["pushed"]) == ("partial", 4)


class TestTheFirstRun:
    @pytest.fixture(autouse=True)
    def _two(self, connection: Connection) -> None:
        connections.update(connection, {"first_writes": 2}, actor="test")

    def test_by_button_it_is_capped_until_a_dry_run(self, connection: Connection) -> None:
        first = ask()
        assert (first.status, first.options["capped"], written()) == ("done", 2, 2)
        assert (ask().options["capped"], written()) == (0, 2)
        ask(dry_run=True)
        assert "capped" not in ask().options
        assert written() == 4

    def test_the_command_line_is_not_held_back(self, sync: Sync) -> None:
        assert sync()["pushed"] == 4

    def test_after_the_command_line_the_button_is_not_either(
        self, book: Book, connection: Connection, sync: Sync
    ) -> None:
        sync()
        touch(book, "c4")
        assert "capped" not in ask().options
        assert written() == 5


class TestTheBudget:
    @pytest.fixture
    def used_up(self, connection: Connection) -> Connection:
        connections.update(connection, {"daily_requests": 100}, actor="test")
        usage.add(db.session(), connection.id, {"requests": 100})
        db.session.commit()
        return connection

    def test_a_run_by_command_stops_and_the_next_day_goes_on(
        self, used_up: Connection, sync: Sync, monkeypatch
    ) -> None:
        with pytest.raises(limits.Stopped, match="requests are used up"):
            sync()
        stopped = runs.history(used_up)[0].id
        day = usage.today() + timedelta(days=1)
        monkeypatch.setattr(usage, "today", lambda: day)
        told = sync()
        assert (told["run"], told["status"], told["pushed"]) == (stopped, "done", 4)
        assert alerting.shown(used_up)["state"] == "fine"

    def test_a_run_by_button_waits_for_the_next_day_by_itself(self, used_up: Connection, monkeypatch) -> None:
        run = ask()
        assert (run.status, run.not_before) == ("queued", usage.tomorrow())
        assert "used up" in run.error
        number, run.not_before = run.id, None
        day = usage.today() + timedelta(days=1)
        db.session.commit()
        monkeypatch.setattr(usage, "today", lambda: day)
        assert (done(number).status, written()) == ("done", 4)

    def test_a_full_run_leaves_some_for_what_changes(self, connection: Connection, sync: Sync) -> None:
        connections.update(connection, {"daily_requests": 100}, actor="test")
        usage.add(db.session(), connection.id, {"requests": 80})
        db.session.commit()
        with pytest.raises(limits.Stopped, match="as far as a full run may"):
            sync(full=True, reason="The mapping is new.")
        assert sync()["pushed"] == 4

    def test_what_changed_is_written_before_what_time_changed(
        self, book: Book, connection: Connection, sync: Sync
    ) -> None:
        connections.update(connection, {"daily_requests": 100}, actor="test")
        sync(push=False)
        late = OutboxRow.contact_id.in_(["c1", "c2"])
        db.session.execute(update(table_of(OutboxRow)).where(late).values(by_time=True))
        db.session.commit()
        sync(limit=2)
        assert set(db.session.scalars(select(LedgerEntry.contact_id))) == {"c3", "c4"}

    def test_days_are_counted_apart_and_by_many_at_once(self, app: Flask, connection: Connection) -> None:
        for _ in range(3):
            usage.add(db.session(), connection.id, {"requests": 5, "pulled.contacts": 2, "pulled.deals": 1})
        db.session.commit()
        row = db.session.scalars(select(Usage)).one()
        assert (row.requests, row.pulled, usage.requests_today(connection.id)) == (15, 9, 15)


def test_what_a_run_did_is_in_the_days_figures(sync: Sync) -> None:
    told = sync()
    row = db.session.scalars(select(Usage)).one()
    assert (row.pulled, row.annotated, row.pushed) == (sum(told["pulled"].values()), 4, 4)


def test_a_pause_stops_a_run_between_two_steps_and_resuming_goes_on(
    book: Book, connection: Connection, sync: Sync, monkeypatch
) -> None:
    """The button is pressed while the run is in the middle of the first stream."""
    heed, met = limits.heed, []

    def pressed(work) -> None:
        if not met:
            met.append(work.run.id)
            connections.pause(connections.get("book"), actor="test")
        heed(work)

    monkeypatch.setattr("crm_ext.sync.pull.heed", pressed)
    with pytest.raises(limits.Stopped, match="was paused"):
        sync()
    assert (runs.find(met[0]).status, written()) == ("stopped", 0)
    connections.resume(connection, actor="test")
    told = sync()
    assert (told["run"], told["pushed"]) == (met[0], 4)


def test_a_full_run_bears_its_reason(connection: Connection, sync: Sync) -> None:
    told = sync(full=True, reason="The mapping is new.")
    assert runs.find(told["run"]).options["reason"] == "The mapping is new."


def test_a_schedule_that_is_due_runs_through_the_worker(connection: Connection) -> None:
    schedule.put(connection, schedule.plan(every="1h"), actor="test")
    row = schedule.of(connection)
    row.next_at = row.counted_at
    db.session.commit()
    while worker.step():
        pass
    run = runs.history(crm())[0]
    assert (run.status, run.options["by"], written()) == ("done", "schedule", 4)
    assert db.session.scalars(select(ContactRow.written)).first()


def test_the_engine_says_why_a_paused_connection_does_nothing(connection: Connection) -> None:
    connections.pause(connection, actor="test")
    with pytest.raises(Conflict, match="is paused"):
        engine.sync(connection, Options())
