"""Word to administrators when a connection begins to fail, stops and asks, or is well again: once for each change.

What is to be sent is kept in the database together with the change, and tried again until it arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from crm_ext.config import Config
from crm_ext.connector_api.errors import NeedsAttention
from crm_ext.store import db, now
from crm_ext.store.models import Condition, Connection, Notice, Run
from crm_ext.sync import notices
from crm_ext.sync.environment import config
from crm_ext.sync.limits import Stopped
from crm_ext.sync.logs import clean

FINE, FAILING, STOPPED, LOCKED_OUT = "fine", "failing", "stopped", "locked_out"
ATTEMPTS = 10
LEASE = timedelta(minutes=5)
AT_ONCE = 20
log = logging.getLogger(__name__)

CHANNELS: Mapping[str, tuple[Callable[[Config], bool], Callable[[Config, Notice], None]]] = {
    "email": (lambda config: bool(config.smtp_url), notices.mail),
    "webhook": (lambda config: bool(config.alert_webhook_url), notices.call),
}
"""How word is sent: whether the installation has that way, and the way itself."""


def state_after(run: Run, error: Exception | None) -> str | None:
    """How a connection stands after a run; None where that says nothing: a dry run, a pause, a day's end."""
    if run.options.get("dry_run") or (isinstance(error, Stopped) and not error.asks):
        return None
    if isinstance(error, Stopped):
        return STOPPED
    if isinstance(error, NeedsAttention):
        return LOCKED_OUT
    return FINE if error is None else FAILING


def note(run: Run, error: Exception | None) -> None:
    """Remember how the connection stands after this run; a change is told, with the next commit.

    That the first run went well is no news.
    """
    state = state_after(run, error) if run.kind == "sync" else None
    if state is not None:
        _remember(run, state, str(error or ""))


def _remember(run: Run, state: str, said: str) -> None:
    row = db.session.get(Condition, run.connection_id)
    before = row.state if row else FINE
    if row is None:
        row = Condition(connection_id=run.connection_id)
        db.session.add(row)
    if row.state == state:
        return
    row.state, row.since = state, now()
    if before != state:
        _tell(run, before, state, said)


def _tell(run: Run, before: str, state: str, said: str) -> None:
    connection = db.session.get_one(Connection, run.connection_id)
    word = {
        "event": f"connection.{'recovered' if state == FINE else state}",
        "connection": connection.name,
        "connection_id": connection.id,
        "run": run.id,
        "before": before,
        "state": state,
        "message": clean(said),
        "at": now().isoformat(),
        "url": f"{config().public_url}/runs/{run.id}" if config().public_url else "",
    }
    log.warning("connection %s is %s", connection.name, state, extra={"facts": {"before": before, "state": state}})
    for channel, (wanted, _) in CHANNELS.items():
        if wanted(config()):
            db.session.add(Notice(connection_id=connection.id, channel=channel, payload=word))


def deliver() -> int:
    """Send what is due; returns how many notices arrived. Several workers may call it: each notice goes out once."""
    query = select(Notice.id).where(Notice.due_at <= now()).order_by(Notice.id).limit(AT_ONCE)
    return sum(
        _sent(db.session.get_one(Notice, number)) for number in db.session.scalars(query).all() if _claimed(number)
    )


def _claimed(number: int) -> bool:
    """Whether it is ours to send: whoever moves the moment on has it, until the lease is over."""
    mine = (Notice.id == number) & (Notice.due_at <= now())
    claim = update(Notice).where(mine).values(due_at=now() + LEASE, attempts=Notice.attempts + 1).returning(Notice.id)
    won = db.session.execute(claim, execution_options={"synchronize_session": False}).first() is not None
    db.session.commit()
    return won


def _sent(notice: Notice) -> bool:
    _, send = CHANNELS[notice.channel]
    try:
        send(config(), notice)
    except Exception as error:  # noqa: BLE001 - whatever is wrong there, the work goes on
        notice.reason = clean(f"{type(error).__name__}: {error}")
        notice.due_at = now() + timedelta(minutes=2**notice.attempts) if notice.attempts < ATTEMPTS else None
        log.warning("a notice could not be sent by %s: %s", notice.channel, notice.reason)
        db.session.commit()
        return False
    notice.sent_at, notice.due_at, notice.reason = now(), None, ""
    db.session.commit()
    return True


def shown(connection: Connection) -> dict[str, Any]:
    """How the connection stands, and since when."""
    row = db.session.get(Condition, connection.id)
    return {"state": row.state, "since": row.since.isoformat()} if row else {"state": FINE, "since": None}
