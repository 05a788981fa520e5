"""The entities of EspoCRM that are read, and which of their attributes fill which of our fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_ext.connector_api import Stream

MODIFIED = "modifiedAt"
CREATED = "createdAt"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKind:
    """`fields` are ours by theirs; `extra` further attributes; `where` narrows every list; `counted` says whether
    EspoCRM counts the entity's rows; `plain` ids are ours as they are, the others get the entity's name before them."""

    name: str
    stream: Stream
    fields: Mapping[str, str]
    extra: tuple[str, ...] = ()
    where: tuple[Mapping[str, Any], ...] = field(default=())
    counted: bool = True
    plain: bool = False
    plural: str = ""

    @property
    def attributes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(["id", *self.fields.values(), *self.extra, CREATED, MODIFIED]))


OWNER = {"owner_id": "assignedUserId"}
PERSON = {
    "name": "name",
    "title": "title",
    "email": "emailAddress",
    "phone": "phoneNumber",
    "created_at": CREATED,
    **OWNER,
}
PARENT = ("parentType", "parentId", "accountId")
EVENT = {"at": "dateStart", "subject": "name", "text": "description", **OWNER}
ATTENDEES = ("contactsIds", "leadsIds", "status", *PARENT)

USERS = EntityKind(
    name="User",
    stream=Stream.USERS,
    fields={"name": "name", "email": "emailAddress", "active": "isActive"},
    extra=("userName",),
    plain=True,
    plural="users",
)
ACCOUNTS = EntityKind(
    name="Account",
    stream=Stream.COMPANIES,
    fields={"name": "name", "domain": "website", "industry": "industry", **OWNER},
    plain=True,
    plural="accounts",
)
CONTACTS = EntityKind(
    name="Contact",
    stream=Stream.CONTACTS,
    fields={**PERSON, "company_id": "accountId"},
    extra=("firstName", "lastName"),
    plain=True,
    plural="contacts",
)
LEADS = EntityKind(
    name="Lead",
    stream=Stream.CONTACTS,
    fields={**PERSON, "company_id": "createdAccountId"},
    extra=("firstName", "lastName", "createdContactId"),
    plural="leads",
)
OPPORTUNITIES = EntityKind(
    name="Opportunity",
    stream=Stream.DEALS,
    fields={
        "name": "name",
        "stage": "stage",
        "amount": "amount",
        "currency": "amountCurrency",
        "opened_at": CREATED,
        **OWNER,
    },
    extra=("closeDate", "accountId", "contactId", "contactsIds"),
    plain=True,
    plural="opportunities",
)
CALLS = EntityKind(
    name="Call",
    stream=Stream.ACTIVITIES,
    fields={**EVENT, "direction": "direction"},
    extra=ATTENDEES,
    plural="calls",
)
MEETINGS = EntityKind(
    name="Meeting", stream=Stream.ACTIVITIES, fields=EVENT, extra=("dateStartDate", *ATTENDEES), plural="meetings"
)
TASKS = EntityKind(
    name="Task",
    stream=Stream.ACTIVITIES,
    fields={"at": "dateCompleted", "subject": "name", "text": "description", **OWNER},
    extra=("status", "contactId", *PARENT),
    plural="tasks",
)
EMAILS = EntityKind(
    name="Email",
    stream=Stream.ACTIVITIES,
    fields={"at": "dateSent", "subject": "name", "text": "bodyPlain", **OWNER},
    extra=(
        "body",
        "status",
        "isAutoReply",
        "createdById",
        "fromEmailAddressName",
        "toEmailAddressesIds",
        "toEmailAddressesNames",
        "ccEmailAddressesIds",
        "ccEmailAddressesNames",
        *PARENT,
    ),
    counted=False,
    plural="emails",
)
NOTES = EntityKind(
    name="Note",
    stream=Stream.ACTIVITIES,
    fields={"at": CREATED, "text": "post", "owner_id": "createdById"},
    extra=("type", "parentType", "parentId"),
    where=({"type": "equals", "attribute": "type", "value": "Post"},),
    plural="notes",
)
CASES = EntityKind(
    name="Case",
    stream=Stream.CASES,
    fields={"at": CREATED, "subject": "name", "text": "description", "status": "status", "kind": "type", **OWNER},
    extra=("accountId", "contactId", "contactsIds", "leadId"),
    plain=True,
    plural="cases",
)

KINDS: tuple[EntityKind, ...] = (
    USERS, ACCOUNTS, CONTACTS, LEADS, OPPORTUNITIES, CALLS, MEETINGS, TASKS, EMAILS, NOTES, CASES,
)  # fmt: skip
BY_NAME: Mapping[str, EntityKind] = {kind.name: kind for kind in KINDS}
PEOPLE = (CONTACTS, LEADS)
"""Those that our fields are written to."""


def of_stream(stream: Stream) -> tuple[EntityKind, ...]:
    return tuple(kind for kind in KINDS if kind.stream is stream)


def external(kind: EntityKind, record_id: str) -> str:
    """Our id of a record: where a stream is made of several entities, all but the main one are named."""
    return record_id if kind.plain else f"{kind.name}:{record_id}"


def internal(stream: Stream, external_id: str) -> tuple[EntityKind, str]:
    """The kind and EspoCRM's own id of a record of ours."""
    name, _, record_id = external_id.rpartition(":")
    return (BY_NAME[name] if name else of_stream(stream)[0]), record_id
