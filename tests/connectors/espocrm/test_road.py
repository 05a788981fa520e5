"""The whole road against EspoCRM's double, on both databases: answers that fail, people at work, corrections."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.espocrm import pushing
from crm_ext.connector_api import NeedsAttention, http
from crm_ext.connector_api.testing.serving import served
from crm_ext.store import db, vault
from crm_ext.store.models import Connection, ContactRow
from crm_ext.sync import connections, engine
from crm_ext.sync.work import Options
from tests.doubles.espocrm import ADMIN, KEY, EspoDouble
from tests.doubles.espocrm_seed import seeded
from tests.doubles.storm import Storm


@pytest.fixture
def double() -> EspoDouble:
    return EspoDouble(seeded(110, leads=10))


@pytest.fixture
def connection(app: Flask, double: EspoDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)
    monkeypatch.setattr(pushing, "PAUSE", 0.01)
    vault.make_key_file(app.extensions["crm_ext"])
    with served(double) as url:
        given = {"base_url": url, "api_key": KEY, "admin_login": ADMIN[0], "admin_password": ADMIN[1]}
        yield connections.add("espo", "espocrm", given, actor="test")


def alive(double: EspoDouble) -> set[str]:
    return {*double.crm.rows["Contact"], *(f"Lead:{each}" for each in double.crm.rows["Lead"])}


def test_a_second_run_has_nothing_to_do(double: EspoDouble, connection: Connection) -> None:
    first = engine.sync(connection, Options())
    assert (first["status"], first["pushed"], first["failed"]) == ("done", 120, 0)
    assert first["pulled"]["activities"] == 600
    for _ in range(2):
        again = engine.sync(connection, Options())
        assert (again["pushed"], again["changed"], again["failed"]) == (0, 0, 0)
    assert set(double.crm.writes.values()) == {1}


def test_a_correction_by_a_person_stands(double: EspoDouble, connection: Connection) -> None:
    engine.sync(connection, Options())
    one = next(iter(double.crm.rows["Contact"]))
    double.crm.change("Contact", one, {"cCrmExtStage": "alliance"})
    after = engine.sync(connection, Options())
    assert after["overrides"] == 1
    assert double.crm.rows["Contact"][one]["cCrmExtStage"] == "alliance"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_day_ends_like_a_quiet_one(double: EspoDouble, connection: Connection, seed: int) -> None:
    """One answer in ten fails while contacts change, leads become contacts, and both are deleted."""
    double.storm = Storm(0.1, seed)
    chance = random.Random(seed)
    crm, changed = double.crm, set()

    def churn(number: int) -> None:
        if number % 11 == 0 and number < 80:
            one = chance.choice(list(crm.rows["Contact"]))
            changed.add(one)
            crm.change("Contact", one, {"title": f"Head {number}"})
        if number in {25, 45}:
            crm.delete("Contact", chance.choice([each for each in crm.rows["Contact"] if each not in changed]))
        if number == 30:
            crm.delete("Lead", next(iter(crm.rows["Lead"])))

    double.churn = churn
    first = engine.sync(connection, Options())
    assert first["status"] == "done"
    double.churn = lambda number: None
    for _ in range(3):
        last = engine.sync(connection, Options())
    assert (last["pushed"], last["failed"], last["changed"]) == (0, 0, 0)
    held = {each.external_id: each.title for each in db.session.scalars(select(ContactRow))}
    assert held.keys() == alive(double)
    assert all(held[each] == row["title"] for each, row in crm.rows["Contact"].items())
    assert {crm.writes[each.split(":")[-1]] for each in alive(double)} == {1}
    assert double.storm.met.total() > 5
    tags = {each: row["cCrmExtStage"] for each, row in crm.rows["Contact"].items()}
    assert all(tags.values())


@pytest.mark.parametrize("after", ["GET /api/v1/Meeting", "POST /api/v1/Admin/fieldManager/Lead"])
def test_a_key_that_is_refused_on_the_way_costs_nothing_but_time(
    double: EspoDouble, connection: Connection, after: str
) -> None:
    """While reading or before writing, the run stops at once; with the key accepted again, the next one goes on."""
    double.churn = lambda _: double.keys.clear() if double.calls[after] else None
    with pytest.raises(NeedsAttention, match="401"):
        engine.sync(connection, Options())
    assert double.statuses[401] <= 5, "more than ten within a minute shut the address out"
    double.churn = lambda _: None
    double.keys.add(KEY)
    for _ in range(2):
        last = engine.sync(connection, Options())
    assert (last["pushed"], last["failed"]) == (0, 0)
    assert {double.crm.writes[each.split(":")[-1]] for each in alive(double)} == {1}


def test_a_lead_that_becomes_a_contact_lives_on_there(double: EspoDouble, connection: Connection) -> None:
    engine.sync(connection, Options())
    lead, contact = next(iter(double.crm.rows["Lead"])), next(iter(double.crm.rows["Contact"]))
    double.crm.change("Lead", lead, {"status": "Converted", "createdContactId": contact})
    engine.sync(connection, Options())
    held = set(db.session.scalars(select(ContactRow.external_id)))
    assert held == alive(double) - {f"Lead:{lead}"}
    last = engine.sync(connection, Options(full=True))
    assert (last["pushed"], last["failed"]) == (0, 0)
