"""When a connection is synced by itself, on its pages."""

from __future__ import annotations

import pytest

from crm_ext.sync import connections, schedule
from tests import factories

PAGE = "/connections/1/schedule"


@pytest.fixture
def admin(app, signed_in):
    factories.connection()
    return signed_in("admin")


def test_set_shown_and_forgotten(admin):
    assert "Only when somebody asks." in admin.get("/connections/1").text
    answer = admin.post(PAGE, {"every": "15m", "cron": "", "quiet": "22:00-06:00"}, page=PAGE)
    assert (answer.status_code, answer.location) == (303, "/connections/1")
    page = admin.get("/connections/1").text
    assert all(said in page for said in ("Every 15m", "quiet from 22:00-06:00", "next on"))
    assert 'value="15m"' in admin.get(PAGE).text
    admin.post(PAGE, {"every": "", "cron": "", "quiet": ""}, page=PAGE)
    assert schedule.of(connections.by_id(1)) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [({"every": "soon"}, "no interval"), ({"cron": "daily"}, "no cron line"), ({"quiet": "night"}, "no hours")],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(admin, given, said):
    answer = admin.post(PAGE, given, page=PAGE)
    (typed,) = given.values()
    assert (answer.status_code, said in answer.text, f'value="{typed}"' in answer.text) == (422, True, True)
    assert schedule.of(connections.by_id(1)) is None
