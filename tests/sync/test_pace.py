"""A CRM account's rate limit is kept over all that talk to it."""

from __future__ import annotations

import threading
import time

import pytest
from flask import Flask

from crm_ext.connector_api.pace import Rates
from crm_ext.store import db
from crm_ext.store.models import Connection
from crm_ext.sync import connections
from crm_ext.sync.pace import SharedPace, pause
from crm_ext.sync.parts import shared

RATES = ((5, 0.5),)


@pytest.mark.parametrize(
    ("times", "rates", "wait"),
    [
        ([], ((1, 1.0),), 0.0),
        ([99.0], ((1, 1.0),), 0.0),
        ([99.5], ((1, 1.0),), 0.5),
        ([99.5, 99.75], ((1, 1.0),), 0.75),
        ([99.5, 99.75], ((2, 1.0), (1, 10.0)), 9.75),
        ([240.0], ((1, 1.0),), 0.05),
        ([99.5, 240.0], ((2, 1.0),), 0.5),
    ],
)
def test_how_long_a_request_waits(times: list[float], rates: Rates, wait: float) -> None:
    assert pause(times, rates, 100.0) == pytest.approx(wait)


def test_workers_keep_one_limit_together(app: Flask, connection: Connection) -> None:
    if not shared():
        pytest.skip("several workers share a run on PostgreSQL only")
    left: list[float] = []

    def ask(pace: SharedPace) -> None:
        for _ in range(6):
            with pace:
                left.append(time.monotonic())

    # a pace each, as workers in processes of their own have
    workers = [threading.Thread(target=ask, args=(SharedPace(db.engine, connection.id, RATES),)) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    left.sort()
    count, seconds = RATES[0]
    assert len(left) == 18
    assert all(later - early >= seconds * 0.9 for early, later in zip(left, left[count:], strict=False))


def test_a_connector_gets_it(app: Flask, connection: Connection) -> None:
    with connections.opened(connection) as crm:
        assert isinstance(crm.context.pace(RATES), SharedPace) == shared()
