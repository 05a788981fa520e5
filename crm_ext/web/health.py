"""What a monitor asks: is the process there, can it work, how much has it done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from crm_ext.jobs import heartbeat
from crm_ext.jobs.broker import WrongAddress, probe
from crm_ext.store import db, schema
from crm_ext.store.models import Connection, OutboxRow, Run
from crm_ext.store.queries import overview
from crm_ext.store.queries.scope import Scope
from crm_ext.web.access import PUBLIC, allow
from crm_ext.web.language import config

health = Blueprint("health", __name__)


@health.get("/healthz")
@allow(PUBLIC)
def alive() -> Response:
    return jsonify(status="ok")


@health.get("/readyz")
@allow(PUBLIC)
def ready() -> tuple[Response, int]:
    checks = {"database": database(), "broker": broker(), "worker": worker()}
    good = all(said in {"ok", "not used"} for said in checks.values())
    return jsonify(status="ok" if good else "not ready", **checks), 200 if good else 503


def database() -> str:
    """`ok`, or how the database is not the one that this release works with."""
    try:
        found = schema.state()
    except schema.WrongDatabase:
        return "unreachable"
    return "ok" if found is schema.State.CURRENT else found.value


def broker() -> str:
    """`ok`, `not used` where none is configured, or `unreachable`."""
    url = config().broker_url
    if not url:
        return "not used"
    try:
        probe(url)
    except (WrongAddress, ConnectionError):
        return "unreachable"
    return "ok"


def worker() -> str:
    """`ok` while one gives signs of life."""
    try:
        return "ok" if heartbeat.alive() else "none"
    except SQLAlchemyError:
        db.session.rollback()
        return "unknown"


@health.get("/metrics")
@allow(PUBLIC)
def metrics() -> Response:
    registry = CollectorRegistry()
    registry.register(Figures())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Figures:
    """Read from the database when asked, so that every process of the installation tells the same. No names, no ids."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        book = overview.book(Scope())
        stages = {"unknown": book.unknown, "waiting": book.waiting, **{str(k): n for k, n in book.stages.items()}}
        yield gauge("contacts", "Contacts by stage", "stage", stages)
        yield gauge("alerts", "Contacts by alert", "alert", book.alerts)
        yield gauge("runs", "Runs by status", "status", counted(Run.status))
        yield gauge("outbox", "Tags waiting to be written, by state", "state", counted(OutboxRow.state))
        yield gauge("connections", "Connections, paused or not", "paused", counted(Connection.paused))


def counted(column: Any) -> dict[str, int]:
    query = select(column, func.count()).group_by(column)
    return {str(value).lower(): count for value, count in db.session.execute(query)}


def gauge(name: str, said: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"crm_ext_{name}", said, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
