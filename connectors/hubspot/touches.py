"""What a HubSpot activity was: its type and direction in our words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.hubspot.values import Properties
from crm_ext.connector_api import Direction, EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """`at` and `text` replace the usual ones where they are set."""

    type: str
    direction: Direction | None = None
    at: str | None = None
    text: str = ""
    automated: bool = False
    custom: Mapping[str, str] = field(default_factory=dict)


DIRECTIONS: Mapping[str, Direction] = {
    "INBOUND": Direction.INBOUND,
    "OUTBOUND": Direction.OUTBOUND,
    "INCOMING_EMAIL": Direction.INBOUND,
    "EMAIL": Direction.OUTBOUND,
    "FORWARDED_EMAIL": Direction.INTERNAL,
    "DRAFT_EMAIL": Direction.INTERNAL,
}
DISPOSITIONS: Mapping[str, str] = {
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "busy",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "connected",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "left live message",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "left voicemail",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "no answer",
    "17b47fee-58de-441e-a44c-c6300d46f273": "wrong number",
}
"""HubSpot's own outcomes of a call, by the ids that are the same in every account."""
MISSED = frozenset({"NO_SHOW", "CANCELED", "RESCHEDULED"})
"""Outcomes of a meeting that did not take place: what is left of it is our effort."""
DONE = "COMPLETED"


def call(properties: Properties, direction: str) -> Touch:
    disposition = properties.get("hs_call_disposition") or ""
    outcome = DISPOSITIONS.get(disposition, disposition) or (properties.get("hs_call_status") or "").lower()
    return Touch(
        type=EventType.CALL,
        direction=DIRECTIONS.get(direction, Direction.OUTBOUND),
        custom={"outcome": outcome} if outcome else {},
    )


def email(properties: Properties, direction: str) -> Touch:
    return Touch(
        type=EventType.EMAIL,
        direction=DIRECTIONS.get(direction),
        text=properties.get("hs_email_html") or "",
        automated=bool(properties.get("hs_sequence_id")),
    )


def meeting(properties: Properties, _: str) -> Touch:
    outcome = properties.get("hs_meeting_outcome") or ""
    return Touch(
        type=EventType.NOTE if outcome in MISSED else EventType.MEETING,
        direction=Direction.OUTBOUND if outcome in MISSED else Direction.MUTUAL,
        at=properties.get("hs_meeting_start_time"),
        text=properties.get("hs_internal_meeting_notes") or "",
        custom={"outcome": outcome.lower()} if outcome else {},
    )


def note(_properties: Properties, _: str) -> Touch:
    return Touch(type=EventType.NOTE, direction=Direction.INTERNAL)


def task(properties: Properties, _: str) -> Touch:
    """A task is a plan of ours; once done, it counts from the day on which it was."""
    status = properties.get("hs_task_status") or ""
    return Touch(
        type=EventType.NOTE,
        direction=Direction.INTERNAL,
        at=properties.get("hs_task_completion_date") if status == DONE else None,
        custom={"status": status.lower()} if status else {},
    )


def communication(properties: Properties, _: str) -> Touch:
    channel = properties.get("hs_communication_channel_type") or ""
    return Touch(type=EventType.MESSAGE, custom={"channel": channel.lower()} if channel else {})


TOUCHES: Mapping[str, Callable[[Properties, str], Touch]] = {
    "calls": call,
    "emails": email,
    "meetings": meeting,
    "notes": note,
    "tasks": task,
    "communications": communication,
}
