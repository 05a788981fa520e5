"""The kinds of HubSpot objects that are read, and which of their properties fill which of our fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_ext.connector_api import TAG_KINDS, Stream

MODIFIED = "hs_lastmodifieddate"
MERGED = "hs_merged_object_ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKind:
    """`id` is HubSpot's own number of the kind; `fields` ours by theirs; `extra` further properties; `to` the kinds
    whose associations are wanted, each with the type (id or name) that marks the main one."""

    name: str
    id: str
    stream: Stream
    singular: str
    fields: Mapping[str, str]
    extra: tuple[str, ...] = ()
    to: Mapping[str, frozenset[str]] = field(default_factory=dict)
    modified: str = MODIFIED

    @property
    def properties(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.fields.values(), *self.extra, self.modified]))


OWNER = {"owner_id": "hubspot_owner_id"}
NO_MAIN: frozenset[str] = frozenset()
PARTIES = {"contacts": NO_MAIN, "companies": NO_MAIN, "deals": NO_MAIN}


def activity(name: str, number: str, singular: str, fields: Mapping[str, str], *extra: str) -> ObjectKind:
    return ObjectKind(
        name=name,
        id=number,
        stream=Stream.ACTIVITIES,
        singular=singular,
        fields={"at": "hs_timestamp", **fields, **OWNER},
        extra=extra,
        to=PARTIES,
    )


CONTACTS = ObjectKind(
    name="contacts",
    id="0-1",
    stream=Stream.CONTACTS,
    singular="contact",
    fields={"title": "jobtitle", "email": "email", "phone": "phone", "created_at": "createdate", **OWNER},
    extra=("firstname", "lastname", "mobilephone", "associatedcompanyid", MERGED, *TAG_KINDS),
    to={"companies": frozenset({"1", "contact_to_company"})},
    modified="lastmodifieddate",
)
COMPANIES = ObjectKind(
    name="companies",
    id="0-2",
    stream=Stream.COMPANIES,
    singular="company",
    fields={"name": "name", "domain": "domain", "industry": "industry", **OWNER},
    extra=(MERGED,),
)
DEALS = ObjectKind(
    name="deals",
    id="0-3",
    stream=Stream.DEALS,
    singular="deal",
    fields={
        "name": "dealname",
        "stage": "dealstage",
        "amount": "amount",
        "currency": "deal_currency_code",
        "opened_at": "createdate",
        **OWNER,
    },
    extra=(
        "pipeline",
        "closedate",
        "hs_v2_date_entered_current_stage",
        "hs_is_closed_won",
        "hs_is_closed_lost",
        MERGED,
    ),
    to={"contacts": NO_MAIN, "companies": frozenset({"5", "deal_to_company"})},
)
TICKETS = ObjectKind(
    name="tickets",
    id="0-5",
    stream=Stream.CASES,
    singular="ticket",
    fields={
        "at": "createdate",
        "subject": "subject",
        "text": "content",
        "status": "hs_pipeline_stage",
        "kind": "hs_ticket_category",
        "closed_at": "closed_date",
        **OWNER,
    },
    extra=("hs_pipeline", MERGED),
    to={"contacts": NO_MAIN, "companies": frozenset({"26", "ticket_to_company"})},
)
CALLS = activity(
    "calls",
    "0-48",
    "call",
    {"subject": "hs_call_title", "text": "hs_call_body", "direction": "hs_call_direction"},
    "hs_call_disposition",
    "hs_call_status",
    "hs_call_duration",
    "hs_activity_type",
)
EMAILS = activity(
    "emails",
    "0-49",
    "email",
    {"subject": "hs_email_subject", "text": "hs_email_text", "direction": "hs_email_direction"},
    "hs_email_html",
    "hs_email_status",
    "hs_sequence_id",
)
MEETINGS = activity(
    "meetings",
    "0-47",
    "meeting",
    {"subject": "hs_meeting_title", "text": "hs_meeting_body"},
    "hs_internal_meeting_notes",
    "hs_meeting_start_time",
    "hs_meeting_outcome",
    "hs_activity_type",
)
NOTES = activity("notes", "0-46", "note", {"text": "hs_note_body"})
TASKS = activity(
    "tasks",
    "0-27",
    "task",
    {"subject": "hs_task_subject", "text": "hs_task_body"},
    "hs_task_status",
    "hs_task_type",
    "hs_task_completion_date",
)
COMMUNICATIONS = activity(
    "communications",
    "0-18",
    "communication",
    {"text": "hs_communication_body"},
    "hs_communication_channel_type",
)

KINDS: tuple[ObjectKind, ...] = (
    COMPANIES, CONTACTS, DEALS, CALLS, EMAILS, MEETINGS, NOTES, TASKS, COMMUNICATIONS, TICKETS,
)  # fmt: skip
BY_NAME: Mapping[str, ObjectKind] = {kind.name: kind for kind in KINDS}
BY_SINGULAR: Mapping[str, ObjectKind] = {kind.singular: kind for kind in KINDS}
BY_ID: Mapping[str, ObjectKind] = {kind.id: kind for kind in KINDS}


def of_stream(stream: Stream) -> tuple[ObjectKind, ...]:
    return tuple(kind for kind in KINDS if kind.stream is stream)


def external(kind: ObjectKind, record_id: str) -> str:
    """Our id of a record: activities of different kinds may bear one number, so theirs names the kind."""
    return f"{kind.name}:{record_id}" if kind.stream is Stream.ACTIVITIES else record_id


def internal(stream: Stream, external_id: str) -> tuple[ObjectKind, str]:
    """The kind and HubSpot's own id of a record of ours."""
    name, _, record_id = external_id.rpartition(":")
    return (BY_NAME[name] if name else of_stream(stream)[0]), record_id
