"""Contacts: the list, one with all that is known of where it stands, and a person's word on it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from crm_ext.store.models import ContactRow
from crm_ext.store.queries import contacts as book
from crm_ext.store.tokens import TokenScope
from crm_ext.sync import card as cards
from crm_ext.sync import connections, privacy
from crm_ext.web.access import ADMINS, EVERYBODY, OVERSEERS, WHOLE_BOOK, may, me, mine, my_scope
from crm_ext.web.api.noun import Noun
from crm_ext.web.api.schemas.base import listed
from crm_ext.web.api.schemas.contacts import (
    CardSchema,
    ContactSchema,
    ContactsQuery,
    ErasedSchema,
    ExportSchema,
    NewOverride,
    OverridesSchema,
    WithdrawnSchema,
)
from crm_ext.web.doors import ACTING
from crm_ext.web.language import lang

contacts = Noun("contacts")
ONE = "/<int:connection_id>/<external_id:contact_id>"
PLAIN = (
    *("external_id", "name", "title", "email", "phone", "kind", "company_id", "owner_id"),
    *("stage", "trust_level", "band", "value_class", "next_step"),
)


@contacts.on("GET", "", EVERYBODY, query=ContactsQuery, out=listed(ContactSchema))
def every(query: dict[str, Any]) -> dict[str, Any]:
    """Contacts, searched and filtered; a representative's are those that the CRM gives to that person."""
    after, limit = query.pop("after"), query.pop("limit")
    if not may(WHOLE_BOOK):
        query["owner"] = ""
    found = book.walk(book.Filter(**query), my_scope(), after=after, limit=limit)
    return {"items": [shown(*row) for row in found.items], "next": found.next}


@contacts.on("GET", ONE, EVERYBODY, out=CardSchema)
def show(connection_id: int, contact_id: str) -> dict[str, Any]:
    """One contact: the judgement with its evidence, what people said, what was written, and how that came."""
    contact = mine(connection_id, contact_id)
    return cards.card(connections.by_id(connection_id), contact.external_id, lang())


@contacts.on("POST", f"{ONE}/overrides", ACTING, body=NewOverride, out=OverridesSchema, status=201)
def override(connection_id: int, contact_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """A person's word on stage or trust; the machine's value is kept beside it, the next run writes it."""
    contact = mine(connection_id, contact_id)
    cards.override(connections.by_id(connection_id), contact.external_id, **body, actor=me().email)
    return {"items": cards.overrides(contact)}


@contacts.on("DELETE", f"{ONE}/overrides", ACTING, out=WithdrawnSchema)
def clear(connection_id: int, contact_id: str) -> dict[str, Any]:
    """Withdraw what people said about this contact."""
    contact = mine(connection_id, contact_id)
    connection = connections.by_id(connection_id)
    return {"withdrawn": cards.clear_overrides(connection, contact.external_id, actor=me().email)}


@contacts.on("GET", f"{ONE}/export", OVERSEERS, out=ExportSchema, scope=TokenScope.ADMIN)
def export(connection_id: int, contact_id: str) -> dict[str, Any]:
    """Everything that is kept about this person; noted in the audit log."""
    return privacy.export(connections.by_id(connection_id), contact_id, lang(), actor=me().email)


@contacts.on("DELETE", ONE, ADMINS, out=ErasedSchema, scope=TokenScope.ADMIN)
def erase(connection_id: int, contact_id: str) -> dict[str, Any]:
    """Delete all that is kept about this person, and never read it again. The CRM is left as it is."""
    return {"erased": privacy.erase(connections.by_id(connection_id), contact_id, actor=me().email)}


def shown(contact: ContactRow, company: str | None, owner: str | None) -> dict[str, Any]:
    return {
        "connection": contact.connection_id,
        **{name: getattr(contact, name) for name in PLAIN},
        "company": company,
        "owner": owner,
        "alerts": [each for each in contact.alerts.split(";") if each],
        "self": url_for("api_contacts.show", connection_id=contact.connection_id, contact_id=contact.external_id),
    }
