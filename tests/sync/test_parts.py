"""Parts of a run: leased to one worker at a time, and shut to one that comes late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm_ext.store import db, now
from crm_ext.store.models import Connection, PartRow, Run
from crm_ext.sync import connections, engine, parts, runs
from crm_ext.sync.work import Options, Work
from tests.sync.conftest import Book, Sync


@pytest.fixture
def led(connection: Connection) -> Iterator[Work]:
    """A run under way, as the worker sees it that leads it."""
    if not parts.shared():
        pytest.skip("several workers share a run on PostgreSQL only")
    run = Run(connection_id=connection.id, as_of=now(), options=Options().as_json(), counts={}, status=runs.RUNNING)
    db.session.add(run)
    db.session.commit()
    with connections.opened(connection) as crm:
        yield Work(run, connection, crm, Options())


def ended_leases() -> None:
    db.session.execute(update(PartRow).values(lease_until=now() - timedelta(seconds=1)))
    db.session.commit()


def test_a_part_is_one_workers(led: Work) -> None:
    parts.cut(led.session, led.run.id, "pull", [{"n": 1}, {"n": 2}])
    led.commit()
    first = parts.take(led.session, led.run.id, "a", 1)
    led.commit()
    second = parts.take(led.session, led.run.id, "b", 2)
    led.commit()
    assert [each.order["n"] for each in (*first, *second)] == [1, 2]
    assert parts.wanting(led.session) == []


def test_a_late_worker_stores_nothing(led: Work) -> None:
    parts.cut(led.session, led.run.id, "pull", [{}])
    led.commit()
    [led.part] = parts.take(led.session, led.run.id, "late", 1)
    led.commit()
    ended_leases()
    [taken] = parts.take(led.session, led.run.id, "next", 1)
    led.session.commit()
    assert taken.fence == led.part.fence + 1

    led.connection.name = "written by the late one"
    led.counts["pushed"] += 1
    with pytest.raises(parts.Lost):
        led.commit()
    led.rollback()
    assert led.connection.name == "book"
    assert led.counts["pushed"] == 0
    led.part = taken
    taken.done = True
    led.commit()
    assert parts.left(led.session, led.run.id) == 0


def test_signs_of_life_are_given_while_a_part_is_worked_on(led: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also beside an open transaction that holds the part, for which nobody then waits."""
    monkeypatch.setattr(parts, "RENEWED", 0.05)
    parts.cut(led.session, led.run.id, "pull", [{}])
    [led.part] = parts.take(led.session, led.run.id, "worker", 1)
    led.commit()
    ended_leases()
    with parts.renewed([led.part]):
        until = time.monotonic() + 20
        while parts.wanting(led.session) and time.monotonic() < until:
            led.session.rollback()
            time.sleep(0.05)
        assert parts.wanting(led.session) == []
        parts.keep(led.session, led.part)
        time.sleep(0.2)
    led.rollback()


def test_who_leads_no_longer_stores_nothing(led: Work) -> None:
    db.session.execute(update(Run).values(fence=1))
    db.session.commit()
    led.connection.name = "written by the late one"
    with pytest.raises(parts.Lost):
        led.commit()


def test_what_a_helper_cannot_do_is_left_to_whoever_leads(led: Work) -> None:
    parts.cut(led.session, led.run.id, "pull", [{}])
    held = parts.take(led.session, led.run.id, "helper", 1)
    parts.give_back(led.session, held, "The CRM is away.")
    led.commit()
    assert parts.take(led.session, led.run.id, "helper", 1) == []
    assert len(parts.take(led.session, led.run.id, parts.COORDINATOR, 1)) == 1


def test_a_run_that_died_goes_on_with_its_parts(led: Work, book: Book, sync: Sync) -> None:
    """What its leader had in hand is free at once, what a helper had when its lease ends."""
    led.enter("pull")
    parts.cut(led.session, led.run.id, "pull", engine.pull.orders(led))
    parts.take(led.session, led.run.id, led.holder, 2)
    led.commit()
    told = sync()
    assert told["run"] == led.run.id
    assert (told["annotated"], told["pushed"]) == (4, 4)
    assert db.session.scalars(select(PartRow)).all() == []
    assert set(book.annotated) == set(book.contacts)
