"""Webhooks from the CRM's request to the contact in the store: verified, kept, answered, and pulled by the worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm_ext.connector_api.testing.serving import served
from crm_ext.jobs import worker
from crm_ext.store import db, vault
from crm_ext.store.models import Connection, ContactRow, Hint, Run
from crm_ext.sync import connections, engine, webhooks
from crm_ext.sync.work import Options
from tests.connectors.hubspot.test_hooks import SECRET, event, signed
from tests.doubles.hubspot import HubSpotDouble
from tests.doubles.hubspot_seed import seeded

HOST = "http://localhost"


@pytest.fixture
def double() -> HubSpotDouble:
    return HubSpotDouble(seeded(30), limit=(1_000_000, 10.0))


@pytest.fixture
def connection(app: Flask, double: HubSpotDouble) -> Iterator[Connection]:
    vault.make_key_file(app.extensions["crm_ext"])
    with served(double) as url:
        given = {"base_url": url, "access_token": "pat-na1-secret", "client_secret": SECRET}
        yield connections.add("hs", "hubspot", given, actor="test")


@pytest.fixture
def synced(connection: Connection) -> Connection:
    engine.sync(connection, Options())
    return connection


def send(app: Flask, key: str, events: object, **changes: object) -> int:
    path = f"/hooks/{key}"
    message = signed(events, url=f"{HOST}{path}", **changes)
    return app.test_client().post(path, data=message.body, headers=dict(message.headers)).status_code


def waiting() -> int:
    return db.session.scalar(select(func.count()).select_from(Hint)) or 0


def title(contact: int) -> str | None:
    db.session.expire_all()
    return db.session.scalar(select(ContactRow.title).where(ContactRow.external_id == str(contact)))


def test_what_a_webhook_tells_of_is_pulled_and_nothing_else(
    app: Flask, synced: Connection, double: HubSpotDouble
) -> None:
    first, other, gone = (each.id for each in double.portal.alive("contacts")[:3])
    for each in (first, other):
        double.portal.change("contacts", each, {"jobtitle": "Head"})
    double.portal.archive("contacts", gone)
    double.counts.clear()
    told = [event(record=first), event(record=first, at=900), event("contact.deletion", gone)]
    assert send(app, synced.key, told) == 204
    assert (double.counts, waiting()) == ({}, 2)
    (asked,) = db.session.scalars(select(Run).where(Run.status == "queued")).all()
    assert (asked.options["by"], asked.options["hinted"]) == ("webhook", True)
    assert worker.step()
    assert (title(first), title(other), title(gone)) == ("Head", "Teacher", None)
    assert waiting() == 0
    assert {path for path in double.counts if "/search" in path} == set()
    assert not worker.step()


def test_one_run_answers_many_messages_and_an_ordinary_one_takes_hints_along(
    app: Flask, synced: Connection, double: HubSpotDouble
) -> None:
    first, other = (each.id for each in double.portal.alive("contacts")[:2])
    assert [send(app, synced.key, [event(record=each)]) for each in (first, other, first)] == [204] * 3
    assert db.session.scalar(select(func.count()).select_from(Run).where(Run.status == "queued")) == 1
    double.portal.things["contacts"][first].properties["jobtitle"] = "unseen by the search"
    engine.sync(synced, Options())
    assert (title(first), waiting()) == ("unseen by the search", 0)


def test_a_hint_that_comes_while_its_record_is_pulled_stays(app: Flask, connection: Connection) -> None:
    send(app, connection.key, [event(record=11)])
    (part,) = webhooks.parts(db.session(), connection.id)
    send(app, connection.key, [event(record=11)])
    webhooks.pulled(db.session(), connection.id, part)
    assert waiting() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"secret": "another"}, 401), ({"at": time.time() - 3600}, 401), ({"signed_url": "http://elsewhere/"}, 401)],
)
def test_what_hubspot_did_not_sign_for_us_is_refused_and_keeps_nothing(
    app: Flask, connection: Connection, changes: dict[str, object], status: int
) -> None:
    if "at" in changes:
        changes = {"at": time.time() - 3600}
    assert send(app, connection.key, [event()], **changes) == status
    assert waiting() == 0


def test_unknown_keys_large_bodies_and_other_methods_are_refused(app: Flask, connection: Connection) -> None:
    client = app.test_client()
    assert client.post("/hooks/nobody", data=b"[]").status_code == 404
    assert client.post(f"/hooks/{connection.key}", data=b"x" * 1_000_001).status_code == 413
    assert client.get(f"/hooks/{connection.key}").status_code == 405
    assert send(app, connection.key, b"no events") == 400


def test_a_paused_connection_keeps_hints_for_later(app: Flask, connection: Connection) -> None:
    connections.pause(connection, actor="test")
    assert send(app, connection.key, [event()]) == 204
    assert waiting() == 1
    assert db.session.scalar(select(func.count()).select_from(Run).where(Run.status == "queued")) == 0


def test_the_address_is_the_one_in_front_of_the_proxy(app: Flask, connection: Connection) -> None:
    object.__setattr__(app.extensions["crm_ext"], "public_url", "https://crm.example.com/book")
    path = f"/hooks/{connection.key}"
    message = signed([event()], url=f"https://crm.example.com/book{path}")
    assert app.test_client().post(path, data=message.body, headers=dict(message.headers)).status_code == 204


def test_messages_side_by_side_are_all_kept(app: Flask, connection: Connection) -> None:
    statuses: list[int] = []
    key = connection.key

    def one(number: int) -> None:
        statuses.append(send(app, key, [event(record=100 * number + each) for each in range(100)]))

    threads = [Thread(target=one, args=(number,)) for number in range(1, 5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert statuses == [204] * 4
    assert waiting() == 400
