"""Parts of a run: cut for several workers, and leased with a number that shuts out whoever comes late."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from sqlalchemy import ColumnElement, Engine, Update, delete, false, func, insert, or_, select, true, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm_ext.store import db
from crm_ext.store.bulk import table_of
from crm_ext.store.models import PartRow, Run

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
"""How long a part is left to a worker that gives no sign of life."""
RENEWED = 4.0
"""Seconds between two signs."""
COORDINATOR = "coordinator"
"""Holds what the worker has in hand that leads the run: there is one, by the lock on the connection."""

PARTS, RUNS = table_of(PartRow), table_of(Run)


class Lost(Exception):
    """The part, or the run, was given to another worker: nothing of ours may be stored any more."""


@dataclass(slots=True)
class Held:
    """A part that this worker has taken. `order` says what to do, `checkpoint` from where."""

    id: int
    fence: int
    phase: str
    order: Mapping[str, Any]
    checkpoint: dict[str, Any] | None
    done: bool = False


def shared() -> bool:
    """Whether several workers may share a run: on PostgreSQL. SQLite has one writer, and its lock one holder."""
    return db.engine.dialect.name == "postgresql"


def myself() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def cut(session: Session, run_id: int, phase: str, orders: Iterable[Mapping[str, Any]]) -> int:
    """Add parts to a run; returns how many."""
    rows = [{"run_id": run_id, "phase": phase, "order": dict(order)} for order in orders]
    if rows:
        session.execute(insert(PartRow), rows)
    return len(rows)


def were_cut(session: Session, run_id: int, phase: str) -> bool:
    query = select(PARTS.c.id).where(PARTS.c.run_id == run_id, PARTS.c.phase == phase).limit(1)
    return session.scalar(query) is not None


def left(session: Session, run_id: int) -> int:
    """How many parts are not done yet."""
    query = select(func.count()).select_from(PARTS).where(PARTS.c.run_id == run_id, ~PARTS.c.done)
    return session.scalar(query) or 0


def take(session: Session, run_id: int, holder: str, most: int) -> list[Held]:
    """Lease up to so many parts that are free; nobody has them until the caller commits.

    What another worker gave back with an error is for the coordinator, who says what becomes of the run.
    """
    mine = (PARTS.c.run_id == run_id) & ~PARTS.c.done & _free(holder)
    query = select(PARTS).where(mine).order_by(PARTS.c.id).limit(most).with_for_update(skip_locked=True)
    rows = session.execute(query).mappings().all()
    if rows:
        taken = update(PARTS).where(PARTS.c.id.in_([row["id"] for row in rows]))
        session.execute(_leased(taken.values(holder=holder, fence=PARTS.c.fence + 1)))
    return [Held(row["id"], row["fence"] + 1, row["phase"], row["order"], row["checkpoint"]) for row in rows]


def keep(session: Session, held: Held) -> None:
    """Store how far a part is, in the transaction of its results. Raises Lost where it is no longer ours."""
    values = {"checkpoint": held.checkpoint, "done": held.done}
    if session.execute(_leased(_ours(held).values(**values)).returning(PARTS.c.id)).first() is None:
        raise Lost(f"Part {held.id} was given to another worker.")


def give_back(session: Session, held: Iterable[Held], error: str = "") -> None:
    """Let others have what was not done."""
    for each in held:
        session.execute(_ours(each).where(~PARTS.c.done).values(holder="", lease_until=None, error=error))


def take_over(session: Session, run_id: int) -> None:
    """Free what the run's former coordinator had in hand, who is known to have ended."""
    mine = (PARTS.c.run_id == run_id) & (PARTS.c.holder == COORDINATOR)
    session.execute(update(PARTS).where(mine).values(holder="", lease_until=None, fence=PARTS.c.fence + 1))


def drop(session: Session, run_id: int) -> None:
    """The run is over: whoever still works on one of its parts will find it lost."""
    session.execute(delete(PARTS).where(PARTS.c.run_id == run_id))


def wanting(session: Session) -> Sequence[int]:
    """Runs under way with parts that a helper could do, oldest first."""
    if not shared():
        return ()
    free = (RUNS.c.status == "running") & ~PARTS.c.done & _free("")
    query = select(RUNS.c.id).join(PARTS, PARTS.c.run_id == RUNS.c.id).where(free).distinct()
    return session.scalars(query.order_by(RUNS.c.id)).all()


@contextmanager
def renewed(held: Sequence[Held]) -> Iterator[None]:
    """Go on giving signs of life while the block works, however long the CRM takes to answer."""
    if not shared():
        yield
        return
    over = Event()
    thread = Thread(target=_renew, args=(db.engine, _renewal(held), over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(engine: Engine, renewal: Update, over: Event) -> None:
    """In a thread, which has no application around it. A sign that could not be given is made up for by the next."""
    while not over.wait(RENEWED):
        try:
            with engine.begin() as connection:
                connection.execute(renewal)
        except DBAPIError as error:
            log.warning("A lease could not be renewed: %s", error.orig)


def _renewal(held: Sequence[Held]) -> Update:
    """Passes over what the worker's own transaction has locked: that renews the lease itself."""
    ours = or_(false(), *((PARTS.c.id == each.id) & (PARTS.c.fence == each.fence) for each in held))
    return _leased(
        update(PARTS).where(PARTS.c.id.in_(select(PARTS.c.id).where(ours).with_for_update(skip_locked=True)))
    )


def _ours(held: Held) -> Update:
    return update(PARTS).where(PARTS.c.id == held.id, PARTS.c.fence == held.fence)


def _leased(statement: Update) -> Update:
    """By the database's clock: workers' clocks differ, and jump."""
    return statement.values(lease_until=func.clock_timestamp() + LEASE) if shared() else statement


def _free(holder: str) -> ColumnElement[bool]:
    if not shared():
        return true()
    free: ColumnElement[bool] = (PARTS.c.holder == "") | (PARTS.c.lease_until < func.clock_timestamp())
    return free if holder == COORDINATOR else free & (PARTS.c.error == "")
