"""What was pulled, by natural key (connection, external id). Rows of the CRM itself are not kept.

`hash` is over the record's content, so that an unchanged row costs one comparison; `seen` is the last run that met
the row, so that a complete pull can tell what is gone.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Float, Index, LargeBinary, Numeric, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from crm_ext.store.base import Base, ExternalId, OfConnection

WARM, OPEN = text("stage >= 2"), text("closed_at IS NULL")


class Pulled(OfConnection):
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True, sort_order=-1)
    hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    seen: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime | None]
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Read:
    """Text with the signals found in it, once: `reader` is the version that read it, None where nobody has.

    `whole`: what was read is all kept here; a new reader needs no pull for it.
    """

    text: Mapped[str] = mapped_column(Text, default="")
    signals: Mapped[list[Any] | None]
    reader: Mapped[str | None] = mapped_column(String(40))
    whole: Mapped[bool] = mapped_column(default=True, server_default=true())


class UserRow(Pulled, Base):
    __tablename__ = "crm_users"

    name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str] = mapped_column(String(255), default="")
    active: Mapped[bool] = mapped_column(default=True)


class CompanyRow(Pulled, Base):
    __tablename__ = "companies"

    name: Mapped[str] = mapped_column(Text, default="")
    domain: Mapped[str] = mapped_column(String(255), default="")
    industry: Mapped[str] = mapped_column(String(255), default="")
    owner_id: Mapped[ExternalId | None]


class ContactRow(Pulled, Base):
    """A person, and beside the record where they stand.

    `tags` are our fields as the CRM showed them at `tags_at`, `written` what we wrote last. `dirty` asks for a new
    annotation; `due_at` is when time alone will ask. The columns from `stage` on repeat the current annotation.
    """

    __tablename__ = "contacts"

    name: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    phone: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str | None] = mapped_column(String(20))
    company_id: Mapped[ExternalId | None]
    owner_id: Mapped[ExternalId | None]
    created_at: Mapped[datetime | None]

    tags: Mapped[dict[str, Any] | None]
    tags_at: Mapped[datetime | None]
    written: Mapped[dict[str, Any] | None]
    written_at: Mapped[datetime | None]
    dirty: Mapped[bool] = mapped_column(Boolean, default=True)
    due_at: Mapped[datetime | None]

    stage: Mapped[int | None]
    trust_level: Mapped[float | None] = mapped_column(Float)
    band: Mapped[str | None] = mapped_column(String(12))
    value_class: Mapped[str | None] = mapped_column(String(1))
    alerts: Mapped[str] = mapped_column(Text, default="")
    next_step: Mapped[str] = mapped_column(String(60), default="")
    stage_since: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_contacts_dirty",
            "connection_id",
            "external_id",
            sqlite_where=text("dirty"),
            postgresql_where=text("dirty"),
        ),
        Index("ix_contacts_due", "connection_id", "due_at"),
        Index("ix_contacts_stage", "stage", "trust_level", "connection_id", "external_id"),
        Index("ix_contacts_trust", "trust_level", "connection_id", "external_id"),
        Index("ix_contacts_owner", "connection_id", "owner_id", "trust_level"),
        Index("ix_contacts_alerts", "alerts", sqlite_where=text("alerts != ''"), postgresql_where=text("alerts != ''")),
        Index("ix_contacts_company", "connection_id", "company_id"),
        Index("ix_contacts_since", "stage", "stage_since"),
        Index("ix_contacts_class", "value_class", "stage"),
        Index("ix_contacts_warm", "connection_id", "company_id", sqlite_where=WARM, postgresql_where=WARM),
    )


class ActivityRow(Pulled, Read, Base):
    __tablename__ = "activities"

    type: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    direction: Mapped[str | None] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(Text, default="")
    company_id: Mapped[ExternalId | None]
    deal_id: Mapped[ExternalId | None]
    owner_id: Mapped[ExternalId | None]
    automated: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_activities_reader", "connection_id", "whole", "reader"),)


class DealRow(Pulled, Base):
    __tablename__ = "deals"

    at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(Text, default="")
    stage: Mapped[str] = mapped_column(Text, default="")
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    currency: Mapped[str] = mapped_column(String(10), default="")
    company_id: Mapped[ExternalId | None]
    owner_id: Mapped[ExternalId | None]
    opened_at: Mapped[datetime | None]


class CaseRow(Pulled, Read, Base):
    __tablename__ = "cases"

    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime | None]
    company_id: Mapped[ExternalId | None]
    owner_id: Mapped[ExternalId | None]

    __table_args__ = (
        Index("ix_cases_reader", "connection_id", "whole", "reader"),
        Index("ix_cases_open", "kind", "at", sqlite_where=OPEN, postgresql_where=OPEN),
    )


class Participant(OfConnection, Base):
    """Who took part in an activity, deal or case. The contact may arrive later than the record."""

    __tablename__ = "participants"

    stream: Mapped[str] = mapped_column(String(12), primary_key=True)
    record_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    contact_id: Mapped[str] = mapped_column(String(255), primary_key=True)

    __table_args__ = (Index("ix_participants_contact", "connection_id", "contact_id", "stream", "record_id"),)


class Ownership(OfConnection, Base):
    """Who looked after a contact, from when on."""

    __tablename__ = "ownerships"

    contact_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    owner_id: Mapped[ExternalId | None]


class Alias(OfConnection, Base):
    """An id that was merged into another."""

    __tablename__ = "aliases"

    stream: Mapped[str] = mapped_column(String(12), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    into: Mapped[ExternalId]
