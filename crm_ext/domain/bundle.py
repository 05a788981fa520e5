"""One contact with all of its records, as the store hands them over to be made into a timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crm_ext.domain.events import Answered, Signal
from crm_ext.domain.records import Activity, Case, Company, Contact, Deal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """`owners` are (since, owner id) in order; `signals` holds what reading found, by `stream/id` of the record."""

    contact: Contact
    company: Company | None = None
    activities: tuple[Activity, ...] = ()
    deals: tuple[Deal, ...] = ()
    cases: tuple[Case, ...] = ()
    owners: tuple[tuple[datetime, str | None], ...] = ()
    answers: tuple[Answered, ...] = ()
    signals: Mapping[str, tuple[Signal, ...]] = field(default_factory=dict)
