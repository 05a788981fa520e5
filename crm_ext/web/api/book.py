"""The book: how many contacts stand where, and the companies in it."""

from __future__ import annotations

from typing import Any

from crm_ext.store.models import CompanyRow
from crm_ext.store.queries import companies as firms
from crm_ext.store.queries import contacts as people
from crm_ext.store.queries import overview
from crm_ext.sync import connections
from crm_ext.web.access import EVERYBODY, my_scope
from crm_ext.web.api.contacts import shown as contact
from crm_ext.web.api.noun import Noun
from crm_ext.web.api.schemas.base import listed
from crm_ext.web.api.schemas.contacts import CompaniesQuery, CompanySchema, CompanyWithPeople
from crm_ext.web.api.schemas.people import BookSchema

figures = Noun("book")
companies = Noun("companies")
SHOWN = 200
PLAIN = ("external_id", "name", "domain", "industry", "owner_id")


@figures.on("GET", "", EVERYBODY, out=BookSchema)
def count() -> dict[str, Any]:
    """Contacts by stage and alert, of those that the asker may see."""
    book = overview.book(my_scope())
    stages = {str(stage): number for stage, number in book.stages.items()}
    return {
        "total": book.total,
        "stages": stages,
        "unknown": book.unknown,
        "waiting": book.waiting,
        "alerts": book.alerts,
    }


@companies.on("GET", "", EVERYBODY, query=CompaniesQuery, out=listed(CompanySchema))
def every(query: dict[str, Any]) -> dict[str, Any]:
    """Companies of the contacts that the asker may see."""
    found = firms.walk(my_scope(), query["q"], query["connection"], after=query["after"], limit=query["limit"])
    return {"items": [shown(each) for each in found.items], "next": found.next}


@companies.on("GET", "/<int:connection_id>/<external_id:company_id>", EVERYBODY, out=CompanyWithPeople)
def show(connection_id: int, company_id: str) -> dict[str, Any]:
    """One company with its people, at most 200 of them, those first who trust us most."""
    connection = connections.by_id(connection_id)
    company = firms.find(connection.id, company_id, my_scope())
    wanted = people.Filter(connection=connection.id, company=company.external_id, stage="any", sort="-trust")
    found = people.walk(wanted, my_scope(), after="", limit=SHOWN)
    return {**shown(company), "contacts": [contact(*row) for row in found.items]}


def shown(company: CompanyRow) -> dict[str, Any]:
    return {"connection": company.connection_id, **{name: getattr(company, name) for name in PLAIN}}
