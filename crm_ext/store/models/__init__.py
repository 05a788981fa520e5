"""The tables, one module per noun."""

from crm_ext.store.models.access import ApiToken, KeptAnswer
from crm_ext.store.models.annotations import AnnotationRow, Override, Portfolio, StepAnswer
from crm_ext.store.models.connections import Connection
from crm_ext.store.models.moves import Move
from crm_ext.store.models.outbox import LedgerEntry, OutboxRow
from crm_ext.store.models.paces import PaceRow
from crm_ext.store.models.parts import PartRow
from crm_ext.store.models.people import Account, AuditEntry, AuditKey, Erasure, UsedToken
from crm_ext.store.models.playbooks import PlaybookRow
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
from crm_ext.store.models.runs import Checkpoint, Failure, Hint, Run
from crm_ext.store.models.schedules import Schedule
from crm_ext.store.models.watching import Condition, Heartbeat, Notice, Usage

__all__ = [
    "Account",
    "ActivityRow",
    "Alias",
    "AnnotationRow",
    "ApiToken",
    "AuditEntry",
    "AuditKey",
    "CaseRow",
    "Checkpoint",
    "CompanyRow",
    "Condition",
    "Connection",
    "ContactRow",
    "DealRow",
    "Erasure",
    "Failure",
    "Heartbeat",
    "Hint",
    "KeptAnswer",
    "LedgerEntry",
    "Move",
    "Notice",
    "OutboxRow",
    "Override",
    "Ownership",
    "PaceRow",
    "PartRow",
    "Participant",
    "PlaybookRow",
    "Portfolio",
    "Run",
    "Schedule",
    "StepAnswer",
    "Usage",
    "UsedToken",
    "UserRow",
]
