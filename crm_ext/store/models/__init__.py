"""The tables, one module per noun."""

from crm_ext.store.models.annotations import AnnotationRow, Override, Portfolio
from crm_ext.store.models.connections import Connection
from crm_ext.store.models.outbox import LedgerEntry, OutboxRow
from crm_ext.store.models.people import Account, AuditEntry
from crm_ext.store.models.records import (
    ActivityRow,
    Alias,
    CaseRow,
    CompanyRow,
    ContactRow,
    DealRow,
    Ownership,
    Participant,
    UserRow,
)
from crm_ext.store.models.runs import Checkpoint, Failure, Run

__all__ = [
    "Account",
    "ActivityRow",
    "Alias",
    "AnnotationRow",
    "AuditEntry",
    "CaseRow",
    "Checkpoint",
    "CompanyRow",
    "Connection",
    "ContactRow",
    "DealRow",
    "Failure",
    "LedgerEntry",
    "OutboxRow",
    "Override",
    "Ownership",
    "Participant",
    "Portfolio",
    "Run",
    "UserRow",
]
