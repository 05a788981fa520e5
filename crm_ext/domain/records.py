"""What is pulled from a CRM: frozen, in our words, each named by the CRM's own id.

Records name one another by external id and may arrive in any order. Times are aware, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Stream(StrEnum):
    """A kind of record, in the order in which it is pulled."""

    USERS = "users"
    COMPANIES = "companies"
    CONTACTS = "contacts"
    DEALS = "deals"
    ACTIVITIES = "activities"
    CASES = "cases"


class Kind(StrEnum):
    INDIVIDUAL = "individual"
    KEY_ACCOUNT = "key_account"


class DealStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class CaseKind(StrEnum):
    COMPLAINT = "complaint"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The CRM's owner of records, matched to one of our users by e-mail."""

    id: str
    name: str = ""
    email: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    id: str
    name: str = ""
    domain: str = ""
    industry: str = ""
    owner_id: str | None = None
    updated_at: datetime | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person. `tags` holds our own fields as the CRM shows them now; `None` means they were not read."""

    id: str
    name: str = ""
    title: str = ""
    email: str = ""
    phone: str = ""
    kind: Kind | None = None
    company_id: str | None = None
    owner_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A touch between them and us. `automated` marks mail that no person wrote, such as a newsletter."""

    id: str
    type: str
    at: datetime
    direction: str | None = None
    subject: str = ""
    text: str = ""
    contact_ids: tuple[str, ...] = ()
    company_id: str | None = None
    deal_id: str | None = None
    owner_id: str | None = None
    automated: bool = False
    updated_at: datetime | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An opportunity or order and its money. `at` is when it was won or lost, else when it last moved."""

    id: str
    at: datetime
    status: DealStatus = DealStatus.OPEN
    name: str = ""
    stage: str = ""
    amount: Decimal | None = None
    currency: str = ""
    contact_ids: tuple[str, ...] = ()
    company_id: str | None = None
    owner_id: str | None = None
    opened_at: datetime | None = None
    updated_at: datetime | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A complaint or a service request. `closed_at` is None while it is open."""

    id: str
    at: datetime
    kind: CaseKind = CaseKind.SERVICE
    subject: str = ""
    text: str = ""
    status: str = ""
    closed_at: datetime | None = None
    contact_ids: tuple[str, ...] = ()
    company_id: str | None = None
    owner_id: str | None = None
    updated_at: datetime | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deleted:
    """A record that the CRM no longer has, or no longer shows (archived)."""

    stream: Stream
    id: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A record that lives on under another id: `id` becomes an alias of `into`."""

    stream: Stream
    id: str
    into: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: where it stands and why, in words an admin can act on."""

    stream: Stream
    place: str
    reason: str
    id: str | None = None


Record = User | Company | Contact | Activity | Deal | Case
Change = Record | Deleted | Merged

STREAM_OF: Mapping[type[Record], Stream] = MappingProxyType(
    {
        User: Stream.USERS,
        Company: Stream.COMPANIES,
        Contact: Stream.CONTACTS,
        Deal: Stream.DEALS,
        Activity: Stream.ACTIVITIES,
        Case: Stream.CASES,
    }
)
