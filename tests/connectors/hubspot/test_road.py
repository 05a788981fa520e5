"""The whole road against HubSpot's double, on both databases: tokens that end, answers that fail, people at work."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from crm_ext.connector_api import http
from crm_ext.connector_api.testing.serving import served
from crm_ext.store import db, vault
from crm_ext.store.models import Connection, ContactRow, Override
from crm_ext.sync import connections, engine
from crm_ext.sync.work import Options
from tests.doubles.hubspot import HubSpotDouble
from tests.doubles.hubspot_seed import seeded

OAUTH = {"client_id": "id", "client_secret": "client-secret", "refresh_token": "refresh-1"}


@pytest.fixture
def double() -> HubSpotDouble:
    made = HubSpotDouble(seeded(120), limit=(1_000_000, 10.0))
    made.tokens, made.token_uses, made.token_life = set(), 15, 15
    return made


@pytest.fixture
def connection(app: Flask, double: HubSpotDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)
    vault.make_key_file(app.extensions["crm_ext"])
    with served(double) as url:
        yield connections.add("hs", "hubspot", {"base_url": url, **OAUTH}, actor="test")


def test_tokens_that_end_on_the_way_are_renewed_and_kept(double: HubSpotDouble, connection: Connection) -> None:
    """Also in a dry run, which must not leave anything behind but the token that now counts."""
    dry = engine.sync(connection, Options(dry_run=True))
    assert dry["would_push"] == 120
    first = engine.sync(connection, Options())
    assert (first["status"], first["pushed"], first["failed"]) == ("done", 120, 0)
    assert double.turn > 3
    db.session.expire_all()
    assert connections.settings(connection)["refresh_token"] == f"refresh-{double.turn}"
    assert set(double.portal.writes.values()) == {1}


def test_a_bad_day_writes_everybody_once_and_then_nobody(double: HubSpotDouble, connection: Connection) -> None:
    double.faults = 0.1
    chance = random.Random(5)
    changed: set[int] = set()

    def churn(number: int) -> None:
        contacts = double.portal.alive("contacts")
        if number % 11 == 0 and number < 80:
            one = chance.choice(contacts).id
            changed.add(one)
            double.portal.change("contacts", one, {"jobtitle": f"Head {number}"})
        if number in {25, 45}:
            gone = chance.choice([each.id for each in contacts if each.id not in changed])
            double.portal.archive("contacts", gone)

    double.churn = churn
    first = engine.sync(connection, Options())
    assert first["status"] == "done"
    double.churn = lambda number: None
    for _ in range(3):
        last = engine.sync(connection, Options())
    assert (last["pushed"], last["failed"], last["changed"]) == (0, 0, 0)
    alive = {str(each.id) for each in double.portal.alive("contacts")}
    held = set(db.session.scalars(select(ContactRow.external_id)))
    assert held == alive
    assert {double.portal.writes[each] for each in alive} == {1}


def test_contacts_that_are_merged_between_reading_and_writing_end_as_on_a_quiet_day(
    double: HubSpotDouble, connection: Connection
) -> None:
    """HubSpot writes what is meant for the old contact into the one it lives on as: that is nobody's correction."""
    double.faults, chance = 0.1, random.Random(8)
    merged: dict[int, int] = {}

    def churn(number: int) -> None:
        listed = double.counts["GET /crm/objects/2026-09/contacts"]
        if listed >= 2 and number % 2 == 0 and len(merged) < 6:
            free = [each.id for each in double.portal.alive("contacts") if each.id not in merged.values()]
            into, old = chance.sample(free, 2)
            double.portal.merge("contacts", into, old)
            merged[old] = into

    double.churn = churn
    assert engine.sync(connection, Options())["status"] in {"done", "partial"}
    double.churn = lambda number: None
    for _ in range(3):
        last = engine.sync(connection, Options())
    assert len(merged) >= 3
    assert (last["pushed"], last["failed"], last["changed"], last["overrides"]) == (0, 0, 0, 0)
    assert db.session.scalars(select(Override)).all() == []
    alive = {str(each.id) for each in double.portal.alive("contacts")}
    assert set(db.session.scalars(select(ContactRow.external_id))) == alive
    untouched = alive - {str(each) for pair in merged.items() for each in pair}
    assert {double.portal.writes[each] for each in untouched} == {1}
    double.faults = 0.0
    double.tokens |= {"pat-na1-second"}
    double.token_uses = None
    given = {"base_url": connections.settings(connection)["base_url"], "access_token": "pat-na1-second"}
    quiet = engine.sync(connections.add("quiet", "hubspot", given, actor="test"), Options(push=False))
    assert (quiet["pulled"]["contacts"], quiet["waiting"]) == (len(alive), 0)
