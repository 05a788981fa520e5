"""The whole road against Odoo's double, on both databases: answers that fail, keys that end, people at work."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm_ext.connector_api import NeedsAttention, http
from crm_ext.connector_api.testing.serving import served
from crm_ext.store import db, vault
from crm_ext.store.models import ActivityRow, Connection, ContactRow, DealRow
from crm_ext.sync import connections, engine
from crm_ext.sync.work import Options
from tests.connectors.odoo.case import merged
from tests.doubles.odoo import DATABASE, KEY, LOGIN, OdooDouble
from tests.doubles.odoo_data import COLLEAGUES, generated
from tests.doubles.odoo_orm import utc
from tests.doubles.storm import Storm

CONTACTS = 60
Connected = Callable[..., tuple[OdooDouble, Connection]]


@pytest.fixture
def connected(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connected]:
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.01)
    vault.make_key_file(app.extensions["crm_ext"])
    with ExitStack() as stack:

        def make(serie: int = 19, *, admin: bool = True, **settings: Any) -> tuple[OdooDouble, Connection]:
            double = OdooDouble(generated(CONTACTS), serie, admin=admin)
            given = {"base_url": stack.enter_context(served(double)), "database": DATABASE, "login": LOGIN}
            given |= {"api_key": KEY, "page_size": 25}
            return double, connections.add("odoo", "odoo", given | settings, actor="test")

        yield make


def people(double: OdooDouble) -> dict[str, dict[str, Any]]:
    """Contacts that are there, by our ids."""
    ours = {each["id"] for each in COLLEAGUES}
    rows = double.db.rows["res.partner"].values()
    here = [each for each in rows if not each.get("is_company") and each.get("active", True) and each["id"] not in ours]
    return {str(each["id"]): each for each in here}


def put(double: OdooDouble, model: str, id_: int, **values: Any) -> None:
    """What a person does in Odoo, now."""
    double.db.write(model, {id_: values}, utc())


def written(double: OdooDouble) -> dict[str, int]:
    return {each: double.writes[each].total() for each in people(double) if each in double.writes}


@pytest.mark.parametrize("serie", [18, 19])
def test_a_second_run_has_nothing_to_do(connected: Connected, serie: int) -> None:
    double, connection = connected(serie)
    first = engine.sync(connection, Options())
    assert (first["status"], first["pushed"], first["failed"]) == ("done", CONTACTS, 0)
    assert first["pulled"]["activities"] == 5 * CONTACTS
    for _ in range(2):
        again = engine.sync(connection, Options())
        assert (again["pushed"], again["changed"], again["failed"]) == (0, 0, 0)
    assert written(double) == dict.fromkeys(people(double), 1)


@pytest.mark.parametrize("admin", [True, False])
def test_a_correction_by_a_person_stands(connected: Connected, admin: bool) -> None:
    """Whether our values are fields or, for a salesperson's key, tags."""
    double, connection = connected(admin=admin)
    engine.sync(connection, Options())
    one, row = next(iter(people(double).items()))
    tags = double.db.rows["res.partner.category"]
    if admin:
        put(double, "res.partner", int(one), x_crm_ext_stage="alliance")
    else:
        new = next(id_ for id_, tag in tags.items() if tag["name"] == "crm_ext_stage: alliance")
        kept = [each for each in row["category_id"] if "crm_ext_stage" not in tags[each]["name"]]
        put(double, "res.partner", int(one), category_id=[[6, 0, [*kept, new]]])
    after = engine.sync(connection, Options())
    assert after["overrides"] == 1
    again = engine.sync(connection, Options(full=True))
    assert (again["pushed"], again["failed"]) == (0, 0)
    held = row["x_crm_ext_stage"] if admin else [tags[each]["name"] for each in row["category_id"]]
    assert held == "alliance" if admin else "crm_ext_stage: alliance" in held


def bustle(double: OdooDouble, seed: int) -> Callable[[int], None]:
    """People change, archive, delete and merge contacts while requests come in."""
    chance = random.Random(seed)
    kept: set[str] = set()

    def work(number: int) -> None:
        free = sorted(people(double).keys() - kept)
        one = chance.choice(free)
        if number % 7 == 0 and number < 70:
            kept.add(one)
            put(double, "res.partner", int(one), function=f"Head {number}")
        elif number in {12, 33}:
            put(double, "res.partner", int(one), active=False)
        elif number in {16, 29}:
            double.db.unlink("res.partner", [int(one)])
        elif number in {20, 37}:
            merged(double, int(one), int(chance.choice([each for each in free if each != one])))

    return work


@pytest.mark.parametrize(("serie", "admin"), [(18, True), (19, True), (19, False)])
def test_a_bad_day_ends_like_a_quiet_one(connected: Connected, serie: int, admin: bool) -> None:
    """One answer in ten fails while contacts change, are archived, deleted and merged."""
    double, connection = connected(serie, admin=admin)
    double.storm, double.work = Storm(0.1, seed=serie), bustle(double, serie)
    first = engine.sync(connection, Options())
    assert first["status"] == "done"
    double.work = lambda _: None
    for _ in range(3):
        last = engine.sync(connection, Options())
    assert (last["pushed"], last["failed"], last["changed"]) == (0, 0, 0)
    assert double.storm.met.total() > 5
    there = people(double)
    assert CONTACTS - len(there) >= 4
    held = {each.external_id: each.title for each in db.session.scalars(select(ContactRow))}
    assert held == {each: row.get("function") or "" for each, row in there.items()}
    assert written(double) == dict.fromkeys(there, 1)
    for model, rows in (("mail.message", "message:%"), ("calendar.event", "event:%")):
        seen = db.session.scalar(select(func.count()).where(ActivityRow.external_id.like(rows)))
        noise = [each for each in double.db.rows[model].values() if each.get("message_type") == "notification"]
        assert seen == len(double.db.rows[model]) - len(noise)
    assert all(state_of(double, each) for each in there)


def state_of(double: OdooDouble, contact: str) -> Any:
    """Our stage as it stands in Odoo."""
    row, tags = double.db.rows["res.partner"][int(contact)], double.db.rows["res.partner.category"]
    named = [tags[each]["name"] for each in row.get("category_id") or ()]
    return row.get("x_crm_ext_stage") or [each for each in named if each.startswith("crm_ext_stage: ")]


@pytest.mark.parametrize(("serie", "after"), [(18, "mail.message.search_read"), (19, "ir.model.fields.create")])
def test_a_key_that_is_refused_on_the_way_costs_nothing_but_time(connected: Connected, serie: int, after: str) -> None:
    """While reading or before writing, the run stops and says so; with the key accepted again, the next one goes on."""
    double, connection = connected(serie)
    double.work = lambda _: double.keys.clear() if double.calls[after] else None
    with pytest.raises(NeedsAttention, match="Odoo refuses"):
        engine.sync(connection, Options())
    double.work = lambda _: None
    double.keys.add(KEY)
    for _ in range(2):
        last = engine.sync(connection, Options())
    assert (last["pushed"], last["failed"]) == (0, 0)
    assert written(double) == dict.fromkeys(people(double), 1)
    assert db.session.scalar(select(func.count()).select_from(DealRow)) == len(
        [*double.db.rows["crm.lead"], *double.db.rows["sale.order"]]
    )
