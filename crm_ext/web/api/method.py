"""The method: versions of the playbook, questions about a contact or a company, and the complaint desk."""

from __future__ import annotations

from typing import Any

from crm_ext.store.queries import companies
from crm_ext.sync import connections, diagnoses, playbooks, schedule
from crm_ext.web.access import ADMINS, EVERYBODY, OVERSEERS, WHOLE_BOOK, me, mine, my_scope
from crm_ext.web.api.connections import connections as links
from crm_ext.web.api.contacts import ONE, contacts
from crm_ext.web.api.noun import Noun
from crm_ext.web.api.schemas.method import (
    AnswerSchema,
    Draft,
    PlaybookSchema,
    QuestionQuery,
    ReplySchema,
    ScheduleSchema,
    VersionsSchema,
    WantedSchedule,
)
from crm_ext.web.language import lang

playbook = Noun("playbook")
desk = Noun("desk")
firms = Noun("diagnoses")


@playbook.on("GET", "", EVERYBODY, out=VersionsSchema)
def versions() -> dict[str, Any]:
    """The versions that there are, newest first."""
    return {"items": [each._asdict() for each in playbooks.versions()]}


@playbook.on("GET", "/active", EVERYBODY, out=PlaybookSchema)
def active() -> dict[str, Any]:
    """The version that new judgements are made with, all of it."""
    return {"version": playbooks.active().version, "documents": dict(playbooks.documents())}


@contacts.on("GET", f"{ONE}/diagnosis", EVERYBODY, query=QuestionQuery, out=AnswerSchema)
def diagnosis(connection_id: int, contact_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Why no purchase, why no referral, how tense, why lost, how a complaint stands; null where it cannot be asked."""
    contact = mine(connection_id, contact_id)
    found = diagnoses.of_contact(query["question"], connections.by_id(connection_id), contact.external_id)
    return {"answer": None if found is None else diagnoses.words(found, lang())}


@firms.on("GET", "/<int:connection_id>/<external_id:company_id>", WHOLE_BOOK, out=AnswerSchema)
def of_company(connection_id: int, company_id: str) -> dict[str, Any]:
    """Where a company stands beside its people."""
    company = companies.find(connection_id, company_id, my_scope())
    found = diagnoses.of_company(connections.by_id(connection_id), company.external_id)
    return {"answer": diagnoses.words(found, lang())}


@desk.on("POST", "/check", EVERYBODY, body=Draft, out=ReplySchema)
def check(body: dict[str, Any]) -> dict[str, Any]:
    """What a draft answer to a complaint says wrongly, and how to say it. Nothing is kept."""
    return {"reply": diagnoses.words(diagnoses.of_reply(body["text"], body["lang"], body["done"]), body["lang"])}


@links.on("GET", "/<int:connection_id>/schedule", OVERSEERS, out=ScheduleSchema)
def when(connection_id: int) -> dict[str, Any]:
    """When the connection is synced by itself; empty values where it is not."""
    return schedule.shown(connections.by_id(connection_id))


@links.on("PUT", "/<int:connection_id>/schedule", ADMINS, body=WantedSchedule, out=ScheduleSchema)
def plan(connection_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """Sync by itself at an interval or by cron, outside of quiet hours."""
    connection = connections.by_id(connection_id)
    schedule.put(connection, schedule.plan(**body), actor=me().email)
    return schedule.shown(connection)


@links.on("DELETE", "/<int:connection_id>/schedule", ADMINS, status=204)
def off(connection_id: int) -> str:
    """Sync only when asked to."""
    schedule.off(connections.by_id(connection_id), actor=me().email)
    return ""
