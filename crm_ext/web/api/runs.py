"""Runs: what was done, what failed, what was written, and how to undo it."""

from __future__ import annotations

from typing import Any

from crm_ext.store.models import Run
from crm_ext.sync import connections, undo
from crm_ext.sync import runs as desk
from crm_ext.web.access import ADMINS, WHOLE_BOOK, me
from crm_ext.web.api.noun import Noun
from crm_ext.web.api.schemas.base import ListQuery, listed
from crm_ext.web.api.schemas.connections import FailureSchema, RunSchema, RunsQuery, UndoneSchema, WrittenSchema

runs = Noun("runs")


@runs.on("GET", "", WHOLE_BOOK, query=RunsQuery, out=listed(RunSchema))
def every(query: dict[str, Any]) -> dict[str, Any]:
    """The runs, newest first."""
    found = desk.walk(query["connection"], after=query["after"], limit=query["limit"])
    return {"items": [shown(each) for each in found.items], "next": found.next}


@runs.on("GET", "/<int:run_id>", WHOLE_BOOK, out=RunSchema)
def show(run_id: int) -> dict[str, Any]:
    """One run with its counts."""
    return shown(desk.find(run_id))


@runs.on("GET", "/<int:run_id>/failures", WHOLE_BOOK, query=ListQuery, out=listed(FailureSchema))
def failures(run_id: int, query: dict[str, Any]) -> dict[str, Any]:
    """The records that could not be read or written, with place and reason."""
    found = desk.walk_failures(desk.find(run_id), after=query["after"], limit=query["limit"])
    return {"items": found.items, "next": found.next}


@runs.on("GET", "/<int:run_id>/written", WHOLE_BOOK, query=ListQuery, out=listed(WrittenSchema))
def written(run_id: int, query: dict[str, Any]) -> dict[str, Any]:
    """What the run wrote to the CRM, contact by contact, and what that replaced."""
    found = desk.walk_written(desk.find(run_id), after=query["after"], limit=query["limit"])
    rows = [
        {"id": row.id, "contact": row.contact_id, "at": row.at, "values": row.values, "replaced": row.replaced}
        for row in found.items
    ]
    return {"items": rows, "next": found.next}


@runs.on("POST", "/<int:run_id>/undo", ADMINS, out=UndoneSchema)
def take_back(run_id: int) -> dict[str, Any]:
    """Put back what the run's writes replaced, as far as nobody changed it since. Writing then waits for `resume`."""
    run = desk.find(run_id)
    return undo.undo(connections.by_id(run.connection_id), run, actor=me().email)


def shown(run: Run) -> dict[str, Any]:
    return {**desk.described(run), "connection": run.connection_id}
