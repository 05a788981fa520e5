"""What an activity in EspoCRM was: its type and direction in our words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_ext.connector_api import Direction, EventType

Raw = Mapping[str, Any]
HELD, PLANNED = "Held", "Planned"
DONE = "Completed"
UNSENT = frozenset({"Draft", "Sending", "Failed"})
DIRECTIONS: Mapping[str, Direction] = {"Inbound": Direction.INBOUND, "Outbound": Direction.OUTBOUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """`at` and `text` replace the usual ones where they are set."""

    type: str
    direction: Direction | None = None
    at: str | None = None
    text: str = ""
    automated: bool = False
    custom: Mapping[str, str] = field(default_factory=dict)


def call(row: Raw, _: Collection[str]) -> Touch:
    return _event(row, EventType.CALL, DIRECTIONS.get(row.get("direction") or "", Direction.OUTBOUND))


def meeting(row: Raw, _: Collection[str]) -> Touch:
    return _event(row, EventType.MEETING, Direction.MUTUAL)


def _event(row: Raw, held: EventType, direction: Direction) -> Touch:
    """A plan is a note of ours; of a call or meeting that did not take place, our effort is left."""
    status = row.get("status") or ""
    type_, whose = {
        HELD: (held, direction),
        PLANNED: (EventType.NOTE, Direction.INTERNAL),
    }.get(status, (EventType.NOTE, Direction.OUTBOUND))
    return Touch(type=type_, direction=whose, at=row.get("dateStartDate"), custom=_status(status))


def task(row: Raw, _: Collection[str]) -> Touch:
    """A task is a plan of ours; once done, it counts from the day on which it was."""
    status = row.get("status") or ""
    return Touch(
        type=EventType.NOTE,
        direction=Direction.INTERNAL,
        at=None if status == DONE else row.get("createdAt"),
        custom=_status(status),
    )


def email(row: Raw, senders: Collection[str]) -> Touch:
    """An e-mail is theirs if a contact sent it. `senders` are the contacts that the sender's address belongs to."""
    unsent = row.get("status") in UNSENT
    direction = Direction.INTERNAL if unsent else Direction.INBOUND if senders else Direction.OUTBOUND
    return Touch(
        type=EventType.NOTE if unsent else EventType.EMAIL,
        direction=direction,
        text=row.get("body") or "",
        automated=bool(row.get("isAutoReply")),
    )


def note(_row: Raw, _: Collection[str]) -> Touch:
    return Touch(type=EventType.NOTE, direction=Direction.INTERNAL)


def _status(status: str) -> Mapping[str, str]:
    return {"status": status.lower()} if status else {}


TOUCHES: Mapping[str, Callable[[Raw, Collection[str]], Touch]] = {
    "Call": call,
    "Meeting": meeting,
    "Task": task,
    "Email": email,
    "Note": note,
}
