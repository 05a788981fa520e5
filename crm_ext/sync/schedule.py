"""When a connection is synced by itself: at an interval or by cron, outside of quiet hours, in the installation's zone.

The database is the clock's memory: whoever moves a due moment on has started the run, so two workers never start it
twice, and one that was missed is made up for once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from sqlalchemy import ColumnElement, select, update

from crm_ext.errors import CrmExtError
from crm_ext.store import audit, db, now
from crm_ext.store.models import Connection, Run, Schedule
from crm_ext.sync import runs
from crm_ext.sync.environment import config
from crm_ext.sync.work import Options

UNITS = {"m": 60, "h": 3600, "d": 86400}
PUT_BACK = timedelta(minutes=10)
"""A clock that stands further than this before the moment counted from was put back: it is counted anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`every` or `cron`, and hours in which nothing begins; `quiet` may pass midnight."""

    every: timedelta | None = None
    cron: str = ""
    quiet: tuple[time, time] | None = None

    def following(self, after: datetime, zone: ZoneInfo) -> datetime | None:
        """The next moment to start at; one that falls into the quiet hours waits for their end. None for never."""
        moment = self._following(after, zone)
        while moment is not None and self.rests(moment, zone):
            moment = self._wakes(moment, zone)
        return moment

    def _following(self, after: datetime, zone: ZoneInfo) -> datetime | None:
        if self.every is not None:
            return after + self.every
        if not self.cron:
            return None
        found = next(CronSim(self.cron, after.astimezone(zone)), None)
        return found.astimezone(UTC) if found else None

    def rests(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet then."""
        if self.quiet is None:
            return False
        begin, end = self.quiet
        local = moment.astimezone(zone).time()
        return begin <= local < end if begin < end else local >= begin or local < end

    def _wakes(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The end of the quiet hours that a moment lies in, on the clock of the wall."""
        end = self.quiet[1] if self.quiet else time()
        today = moment.astimezone(zone).date()
        ends = (
            datetime.combine(today + timedelta(days=days), end, zone).replace(fold=fold).astimezone(UTC)
            for days in (0, 1)
            for fold in (0, 1)
        )
        return min(each for each in ends if each > moment)


def plan(every: str = "", cron: str = "", quiet: str = "") -> Plan:
    """A plan as people write it: `15m`, `0 6 * * 1-5`, `22:00-06:00`. Raises CrmExtError that says what is wrong."""
    if every and cron:
        raise CrmExtError("A schedule has an interval or a cron line, not both.", fix="Give one of them.")
    return Plan(_interval(every) if every else None, _cron(cron) if cron else "", _quiet(quiet) if quiet else None)


def _interval(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})\s*([mhd])", text.strip().lower())
    seconds = int(found[1]) * UNITS[found[2]] if found else 0
    if not seconds:
        raise CrmExtError(f"{text!r} is no interval.", fix="Write it as 15m, 2h or 1d.")
    return timedelta(seconds=seconds)


def _cron(text: str) -> str:
    line = " ".join(text.split())
    try:
        comes = len(line.split()) == 5 and next(CronSim(line, now()), None) is not None
    except CronSimError:
        comes = False
    if not comes:
        raise CrmExtError(
            f"{text!r} is no cron line, or of a day that never comes.",
            fix="Write minute, hour, day, month and weekday: 0 6 * * 1-5",
        )
    return line


def _quiet(text: str) -> tuple[time, time]:
    found = re.fullmatch(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)", text.strip())
    try:
        begin, end = (time(int(found[n]), int(found[n + 1])) for n in (1, 3)) if found else (time(), time())
    except ValueError:
        begin = end = time()
    if begin == end:
        raise CrmExtError(f"{text!r} are no hours.", fix="Write them as 22:00-06:00.")
    return begin, end


def of(connection: Connection) -> Schedule | None:
    return db.session.get(Schedule, connection.id)


def planned(row: Schedule) -> Plan:
    """The plan that a stored schedule holds."""
    every = timedelta(seconds=row.every) if row.every else None
    return Plan(every, row.cron, _quiet(row.quiet) if row.quiet else None)


def put(connection: Connection, wanted: Plan, *, actor: str) -> Schedule:
    """Keep a schedule, in the place of the one there was."""
    row = of(connection) or Schedule(connection_id=connection.id)
    row.every = int(wanted.every.total_seconds()) if wanted.every else None
    row.cron = wanted.cron
    row.quiet = "-".join(f"{each:%H:%M}" for each in wanted.quiet) if wanted.quiet else ""
    row.counted_at = now()
    row.next_at = wanted.following(row.counted_at, _zone())
    db.session.add(row)
    audit.record(actor, "connection.schedule", connection.name, ["every", "cron", "quiet"])
    db.session.commit()
    return row


def off(connection: Connection, *, actor: str) -> None:
    """Forget the schedule and its quiet hours."""
    row = of(connection)
    if row is not None:
        db.session.delete(row)
        audit.record(actor, "connection.schedule", connection.name, ["off"])
        db.session.commit()


def quiet_now(connection: Connection) -> bool:
    """Whether these are hours in which nothing begins by itself."""
    row = of(connection)
    return row is not None and planned(row).rests(now(), _zone())


def shown(connection: Connection) -> dict[str, str | None]:
    """The schedule as the command line and the pages show it; empty values where there is none."""
    row = of(connection)
    if row is None:
        return {"every": "", "cron": "", "quiet": "", "next_at": None}
    following = row.next_at.isoformat() if row.next_at else None
    return {"every": _written(row.every), "cron": row.cron, "quiet": row.quiet, "next_at": following}


def _written(seconds: int | None) -> str:
    """An interval as it is typed in: 900 → 15m."""
    if not seconds:
        return ""
    unit = next(unit for unit in reversed(UNITS) if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


def start_due() -> list[Run]:
    """Ask for a run of every connection whose moment has come; each is asked for by one worker, and once."""
    moment = now()
    _count_anew(moment)
    asked = (_started(row, moment) for row in _rows(Schedule.next_at <= moment))
    return [run for run in asked if run is not None]


def _rows(condition: ColumnElement[bool]) -> Sequence[Schedule]:
    query = select(Schedule).join(Connection, Connection.id == Schedule.connection_id)
    return db.session.scalars(query.where(condition, ~Connection.paused)).all()


def _started(row: Schedule, moment: datetime) -> Run | None:
    connection = db.session.get_one(Connection, row.connection_id)
    if not _moved(row, moment, Schedule.next_at <= moment):
        db.session.rollback()
        return None
    run = runs.request(connection, Options(), by="schedule")
    db.session.commit()
    return run


def _moved(row: Schedule, moment: datetime, still: ColumnElement[bool]) -> bool:
    """Move the moment on, if `still` holds in the database: whether it was us who did; kept with the next commit."""
    following = planned(row).following(moment, _zone())
    mine = update(Schedule).where(Schedule.connection_id == row.connection_id, still).returning(Schedule.connection_id)
    moved = mine.values(next_at=following, counted_at=moment)
    return db.session.execute(moved, execution_options={"synchronize_session": False}).first() is not None


def _count_anew(moment: datetime) -> None:
    """After a clock was put back: what it had planned by the wrong time lies too far ahead."""
    wrong = Schedule.counted_at > moment + PUT_BACK
    for row in _rows(wrong):
        _moved(row, moment, wrong)
        db.session.commit()


def _zone() -> ZoneInfo:
    return ZoneInfo(config().timezone)
