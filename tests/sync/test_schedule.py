"""Schedules: what is due and when, with clocks that jump and days of 23 and 25 hours; started once by many workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.store.models import Connection, Run, Schedule
from crm_ext.sync import connections, schedule
from crm_ext.sync.schedule import plan
from tests import factories

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "America/Sao_Paulo")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("given", "after", "expected"),
    [
        ({"every": "15m"}, "2026-06-01T12:03", ["12:18", "12:33"]),
        ({"cron": "0 6 * * 1-5"}, "2026-06-05T06:00", ["06:00", "06:00"]),
        ({"every": "15m", "quiet": "22:00-06:00"}, "2026-06-01T21:50", ["06:00", "06:15"]),
        ({"cron": "0 * * * *", "quiet": "08:00-12:30"}, "2026-06-01T07:00", ["12:30", "13:00"]),
        # In the night when 02:00 to 03:00 is left out, what was due then comes right after it.
        ({"cron": "30 2 * * *"}, "2026-03-29T01:00", ["03:00", "02:30"]),
        # In the night when 02:00 to 03:00 comes twice, what is due then comes once, what is due hourly twice.
        ({"cron": "30 2 * * *"}, "2026-10-25T01:00", ["02:30", "02:30"]),
        ({"cron": "0 * * * *"}, "2026-10-25T01:30", ["02:00", "02:00", "03:00"]),
        ({"every": "45m", "quiet": "01:30-02:30"}, "2026-03-29T01:00", ["03:30"]),
    ],
)
def test_the_moments_that_follow(given: dict[str, str], after: str, expected: list[str]) -> None:
    moment = local(after).astimezone(UTC)
    met = []
    for _ in expected:
        following = plan(**given).following(moment, BERLIN)
        assert following is not None
        assert following > moment
        moment = following
        met.append(f"{moment.astimezone(BERLIN):%H:%M}")
    assert met == expected


@settings(deadline=None)
@given(
    st.integers(0, 365 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.sampled_from(ZONES),
    st.sampled_from([{"every": "1m"}, {"every": "7h"}, {"cron": "*/20 * * * *"}, {"cron": "15 1,2 * * *"}]),
    st.times(),
    st.times(),
)
def test_a_moment_is_later_and_outside_of_the_quiet_hours(after, zone, rhythm, begin, end) -> None:
    quiet = (
        ""
        if begin.replace(second=0, microsecond=0) == end.replace(second=0, microsecond=0)
        else f"{begin:%H:%M}-{end:%H:%M}"
    )
    wanted, where = plan(**rhythm, quiet=quiet), ZoneInfo(zone)
    following = wanted.following(after, where)
    assert following is not None
    assert following > after
    assert not wanted.rests(following, where)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"every": "soon"}, "no interval"),
        ({"every": "0m"}, "no interval"),
        ({"cron": "every day"}, "no cron line"),
        ({"cron": "0 0 31 2 *"}, "never comes"),
        ({"cron": "* * * * * *"}, "no cron line"),
        ({"quiet": "22-6"}, "no hours"),
        ({"quiet": "25:00-06:00"}, "no hours"),
        ({"quiet": "06:00-06:00"}, "no hours"),
        ({"every": "1h", "cron": "0 * * * *"}, "not both"),
    ],
)
def test_what_cannot_be_a_schedule_is_said(given: dict[str, str], said: str) -> None:
    with pytest.raises(CrmExtError, match=said):
        plan(**given)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """A clock that the test sets."""

    class Clock:
        now = NOON

        def __call__(self) -> datetime:
            return self.now

    made = Clock()
    monkeypatch.setattr(schedule, "now", made)
    return made


@pytest.fixture
def hourly(connection: Connection, clock) -> Connection:
    schedule.put(connection, plan(every="1h"), actor="test")
    return connection


def queued() -> int:
    return db.session.scalar(select(func.count()).select_from(Run).where(Run.status == "queued")) or 0


def finish() -> None:
    for run in db.session.scalars(select(Run)):
        run.status = "done"
    db.session.commit()


def test_what_is_due_is_asked_for_once_and_says_who_asked(hourly: Connection, clock) -> None:
    assert schedule.start_due() == []
    clock.now = NOON + timedelta(hours=1)
    (run,) = schedule.start_due()
    assert (run.status, run.options["by"]) == ("queued", "schedule")
    assert schedule.start_due() == []
    assert queued() == 1


def test_many_missed_moments_are_one_run(hourly: Connection, clock) -> None:
    clock.now = NOON + timedelta(days=3)
    assert len(schedule.start_due()) == 1
    finish()
    assert schedule.start_due() == []
    assert schedule.of(hourly).next_at == clock.now + timedelta(hours=1)


def test_a_paused_connection_waits_and_is_made_up_for_once(hourly: Connection, clock) -> None:
    connections.pause(hourly, actor="test")
    clock.now = NOON + timedelta(hours=5)
    assert schedule.start_due() == []
    connections.resume(hourly, actor="test")
    assert len(schedule.start_due()) == 1


def test_a_run_that_waits_already_is_enough(hourly: Connection, clock) -> None:
    for hours in (1, 2, 3):
        clock.now = NOON + timedelta(hours=hours)
        schedule.start_due()
    assert queued() == 1


def test_a_clock_put_back_does_not_hold_up_the_schedule(hourly: Connection, clock) -> None:
    clock.now = NOON + timedelta(days=400)
    assert len(schedule.start_due()) == 1
    finish()
    clock.now = NOON + timedelta(minutes=1)
    assert schedule.start_due() == []
    clock.now = NOON + timedelta(hours=1, minutes=2)
    assert len(schedule.start_due()) == 1


def test_a_clock_put_back_a_little_repeats_nothing(connection: Connection, clock) -> None:
    schedule.put(connection, plan(cron="0 13 * * *"), actor="test")
    clock.now = NOON + timedelta(hours=1)
    assert len(schedule.start_due()) == 1
    finish()
    clock.now = NOON + timedelta(minutes=59)
    assert schedule.start_due() == []
    clock.now = NOON + timedelta(minutes=61)
    assert schedule.start_due() == []


def test_two_workers_start_each_once(app: Flask, hourly: Connection, clock) -> None:
    for number in range(5):
        schedule.put(factories.connection(f"another {number}"), plan(every="1h"), actor="test")
    clock.now = NOON + timedelta(hours=1)
    barrier, started = Barrier(4), []

    def worker() -> None:
        with app.app_context():
            barrier.wait()
            started.extend(run.id for run in schedule.start_due())

    workers = [Thread(target=worker) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert len(set(started)) == len(started) == 6
    assert queued() == 6


def test_off_forgets_it(hourly: Connection, clock) -> None:
    schedule.off(hourly, actor="test")
    clock.now = NOON + timedelta(days=1)
    assert schedule.start_due() == []
    assert db.session.scalars(select(Schedule)).all() == []


def test_the_quiet_hours_are_those_of_the_installations_zone(connection: Connection, clock) -> None:
    schedule.put(connection, plan(every="1h", quiet="11:30-12:30"), actor="test")
    assert schedule.quiet_now(connection)
    clock.now = NOON + timedelta(hours=1)
    assert not schedule.quiet_now(connection)
