"""Kinds of CRM, and connections to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from crm_ext.connector_api import Finding
from crm_ext.store.models import Connection
from crm_ext.sync import connections as desk
from crm_ext.sync import registry, runs
from crm_ext.sync.work import Options
from crm_ext.web.access import ADMINS, OVERSEERS, me
from crm_ext.web.api.noun import Noun
from crm_ext.web.api.runs import shown as shown_run
from crm_ext.web.api.schemas.base import ListQuery, listed
from crm_ext.web.api.schemas.connections import (
    ChangedSettings,
    ConnectionSchema,
    ConnectorsSchema,
    FindingsSchema,
    NewConnection,
    RunSchema,
    WantedRun,
)

connectors = Noun("connectors")
connections = Noun("connections")


@connectors.on("GET", "", OVERSEERS, out=ConnectorsSchema)
def kinds() -> dict[str, Any]:
    """The kinds of CRM that can be connected, with their settings."""
    return {"items": [desk.kind_described(each) for each in registry.connectors().values()]}


@connections.on("GET", "", OVERSEERS, query=ListQuery, out=listed(ConnectionSchema))
def every(query: dict[str, Any]) -> dict[str, Any]:
    """All connections, by number."""
    found = desk.walk(after=query["after"], limit=query["limit"])
    return {"items": [shown(each) for each in found.items], "next": found.next}


@connections.on("POST", "", ADMINS, body=NewConnection, out=ConnectionSchema, status=201)
def add(body: dict[str, Any]) -> dict[str, Any]:
    """Connect a CRM. Secrets are encrypted and never shown again."""
    return shown(desk.add(body["name"], body["connector"], body["settings"], actor=me().email))


@connections.on("GET", "/<int:connection_id>", OVERSEERS, out=ConnectionSchema)
def show(connection_id: int) -> dict[str, Any]:
    """One connection with its settings; secrets stay hidden."""
    return shown(desk.by_id(connection_id))


@connections.on("PATCH", "/<int:connection_id>", ADMINS, body=ChangedSettings, out=ConnectionSchema)
def change(connection_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """Change some settings."""
    return shown(desk.update(desk.by_id(connection_id), body["settings"], actor=me().email))


@connections.on("DELETE", "/<int:connection_id>", ADMINS, status=204)
def remove(connection_id: int) -> str:
    """Forget a connection and all that was pulled through it; the CRM keeps its tags."""
    desk.delete(desk.by_id(connection_id), actor=me().email)
    return ""


@connections.on("POST", "/<int:connection_id>/check", ADMINS, out=FindingsSchema)
def check(connection_id: int) -> dict[str, Any]:
    """Try the connection: each right as a line, with its fix. Nothing is written."""
    return findings(desk.check(desk.by_id(connection_id)))


@connections.on("POST", "/<int:connection_id>/prepare", ADMINS, out=FindingsSchema)
def prepare(connection_id: int) -> dict[str, Any]:
    """Make our fields or tags in the CRM, where they are missing."""
    return findings(desk.prepare(desk.by_id(connection_id)))


@connections.on("POST", "/<int:connection_id>/pause", ADMINS, out=ConnectionSchema)
def pause(connection_id: int) -> dict[str, Any]:
    """Stop reading and writing; all settings stay."""
    connection = desk.by_id(connection_id)
    desk.pause(connection, actor=me().email)
    return shown(connection)


@connections.on("POST", "/<int:connection_id>/resume", ADMINS, out=ConnectionSchema)
def resume(connection_id: int) -> dict[str, Any]:
    """Let reading and writing go on."""
    connection = desk.by_id(connection_id)
    desk.resume(connection, actor=me().email)
    return shown(connection)


@connections.on("POST", "/<int:connection_id>/runs", ADMINS, body=WantedRun, out=RunSchema, status=202)
def start(connection_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """Ask for a run; the worker does it. Asking twice before it has begun is asking once."""
    return shown_run(runs.request(desk.by_id(connection_id), Options(**body)))


def shown(connection: Connection) -> dict[str, Any]:
    return {"id": connection.id, **desk.described(connection)}


def findings(found: Sequence[Finding]) -> dict[str, Any]:
    return {"ok": not desk.failed(found), "findings": [asdict(each) for each in found]}
