"""What keeps a run from doing harm: a budget of requests, a stop where too much would change or fails, a first cap."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm_ext.connector_api import Setting
from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.store.bulk import table_of
from crm_ext.store.models import ContactRow, OutboxRow, Run
from crm_ext.sync import usage
from crm_ext.sync.work import Work

SETTINGS = (
    Setting(
        name="daily_requests",
        label="Requests a day",
        kind="int",
        default=None,
        help="How many requests to the CRM a day may cost; blank for no limit.",
    ),
    Setting(
        name="stop_changes",
        label="Stop if more than so many percent would change",
        kind="int",
        default=50,
        help="Of the contacts that carry tags of ours; filling empty fields does not count. 0: never stop.",
    ),
    Setting(
        name="stop_failures",
        label="Stop if more than so many percent fail",
        kind="int",
        default=20,
        help="Of the records read, and of the contacts written. 0: never stop.",
    ),
    Setting(
        name="first_writes",
        label="Contacts written before a dry run",
        kind="int",
        default=100,
        help="By button, schedule and webhook; the command line is not held back.",
    ),
)
"""Settings that every connection has for its safety."""

FEW = 50
"""Below so many nothing is stopped: a share of few says little."""
FULL_SHARE = 0.8
"""A full resync leaves the rest of the day's requests to what changes meanwhile."""

CONTACTS, OUTBOX = table_of(ContactRow), table_of(OutboxRow)


class Stopped(CrmExtError):
    """A run does not go on by itself.

    `why`: paused or budget, where the same run goes on later; changes or failures, where it waits for an admin's word.
    """

    status = 409

    def __init__(self, why: str, message: str, *, fix: str) -> None:
        super().__init__(message, fix=fix)
        self.why = why

    @property
    def asks(self) -> bool:
        return self.why in ASKING


ASKING = ("changes", "failures")
RESUMED = ("paused", "budget")


def setting(work: Work, name: str) -> Any:
    """A setting of the connection, or its default where it was stored before there was one."""
    default = next(each.default for each in SETTINGS if each.name == name)
    value = work.connection.settings.get(name, default)
    return default if value is None else value


def heed(work: Work) -> None:
    """Raises Stopped where a run must not go on: after a page, a chunk, a batch, whatever was done is kept."""
    if work.run.kind == "sync" and (reason := _hindrance(work)):
        raise reason


def halts(work: Work) -> bool:
    """Whether `heed` would stop the run: for loops that end by themselves."""
    return work.run.kind == "sync" and _hindrance(work) is not None


def _hindrance(work: Work) -> Stopped | None:
    if work.connection.paused:
        name = work.connection.name
        return Stopped("paused", f"{name!r} was paused.", fix=f"Use: crm-ext resume {name}. The next run goes on here.")
    return _spent(work) or _refused(work)


def _spent(work: Work) -> Stopped | None:
    budget = setting(work, "daily_requests")
    if not budget:
        return None
    share = FULL_SHARE if work.options.full else 1.0
    if usage.requests_today(work.connection_id) < budget * share:
        return None
    said = f"The day's {budget} requests are used up" + (" as far as a full run may." if share < 1 else ".")
    return Stopped("budget", said, fix="It goes on tomorrow; or raise the setting daily_requests.")


def _refused(work: Work) -> Stopped | None:
    """Whether too much of what was written was refused."""
    refused, written = work.counts["refused"], work.counts["pushed"]
    if accepted(work) or not _too_many(refused, refused + written, setting(work, "stop_failures")):
        return None
    return _asking(work, "failures", f"The CRM refused {refused} of {refused + written} contacts.")


def ask_after_pull(work: Work) -> None:
    """Raises Stopped where too much could not be read."""
    read = sum(work.counts[name] for name in usage.PULLED)
    failed = work.counts["failed"] - work.counts["refused"]
    if not accepted(work) and _too_many(failed, failed + read, setting(work, "stop_failures")):
        raise _asking(work, "failures", f"{failed} of {failed + read} records could not be read.")


def ask_before_push(work: Work) -> None:
    """Raises Stopped where too many tags would change; empty fields that are filled do not count."""
    waits = (OUTBOX.c.connection_id == work.connection_id) & (OUTBOX.c.state == "waiting") & OUTBOX.c.replaces
    changes = _count(OUTBOX, waits)
    share = setting(work, "stop_changes")
    if accepted(work) or not share or changes < FEW:
        return
    tagged = tagged_contacts(work)
    if _too_many(changes, tagged, share):
        raise _asking(work, "changes", f"{changes} of {tagged} contacts that carry tags would get other ones.")


def tagged_contacts(work: Work) -> int:
    return _count(CONTACTS, (CONTACTS.c.connection_id == work.connection_id) & CONTACTS.c.written.is_not(None))


def _count(table: Any, condition: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _too_many(count: int, of: int, percent: int) -> bool:
    return bool(percent) and count >= FEW and count * 100 > percent * of


def _asking(work: Work, why: str, said: str) -> Stopped:
    name, number = work.connection.name, work.run.id
    fix = f"Look at them: crm-ext run show {number}. If all is well, go on with: crm-ext sync {name} --accept"
    return Stopped(why, f"{said} Nothing more was written.", fix=fix)


def accepted(work: Work) -> bool:
    return bool(work.options.accept or work.options.dry_run)


def cap(work: Work) -> None:
    """Hold a run back that a button, a schedule or a webhook asked for, until somebody looked at a dry run.

    The command line is an admin's order: it is not held back, and counts as having looked.
    """
    run = work.run
    if not run.options.get("requested") or work.options.dry_run or "capped" in run.options or _looked(work):
        return
    left = max(0, setting(work, "first_writes") - tagged_contacts(work))
    limit = left if work.options.limit is None else min(left, work.options.limit)
    run.options = {**run.options, "limit": limit, "capped": limit}
    work.options = type(work.options).of(run)
    work.commit()


def _looked(work: Work) -> bool:
    ended = (Run.connection_id == work.connection_id) & Run.status.in_(("done", "partial")) & (Run.kind == "sync")
    by_command = Run.options["by"].as_string().is_(None) & Run.options["push"].as_boolean()
    query = select(Run.id).where(ended, Run.options["dry_run"].as_boolean() | by_command).limit(1)
    return db.session.scalar(query) is not None
