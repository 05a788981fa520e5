"""The double answers as the real server does, survives a kill, and counts what is written."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import requests

from tests.connectors.tryton.backends import Doubled, Real
from tests.connectors.tryton.known import LIN, NORA, PAUL
from tests.connectors.tryton.rpc import Client
from tests.doubles.tryton import TrytonDouble
from tests.doubles.tryton_data import generated
from tests.services import ROOT

JUNE = {
    "__class__": "datetime",
    "year": 2026,
    "month": 6,
    "day": 2,
    "hour": 9,
    "minute": 0,
    "second": 0,
    "microsecond": 2,
}
PERSON = ["name", "email", "phone", "mobile", "website", "active", "categories", "create_date", "last_modified_at"]
DEAL = ["number", "description", "party", "state", "amount", "currency.code", "employee", "start_date", "end_date"]
LATER = ["OR", [["last_modified_at", ">", JUNE]], [["last_modified_at", "=", JUNE], ["id", ">", 2]]]
IN_TIME = [["last_modified_at", "ASC"], ["id", "ASC"]]
BY_ID = [["id", "ASC"]]
USER = ["login", "email", "active", "employees"]
NOT_OURS = [["message", "not like", "[crm-ext]%"]]
ALL = {"active_test": False}
CALLS: dict[str, tuple[Any, ...]] = {
    "every person": ("party.party.search_read", [], 0, None, BY_ID, PERSON, {}),
    "archived ones, too": ("party.party.search_read", [], 0, None, BY_ID, ["active", "replaced_by"], ALL),
    "a page by id": ("party.party.search_read", [["id", ">", 2]], 0, 2, BY_ID, ["name"], ALL),
    "a page by time": ("party.party.search_read", [LATER], 0, 3, IN_TIME, ["name"], ALL),
    "archived ones hide in a branch": (
        "party.party.search_read", [["active", "in", [True, False]], LATER], 0, None, IN_TIME, ["name"], {},
    ),
    "the newest": ("party.party.search_read", [], 0, 1, [["last_modified_at", "DESC"], ["id", "DESC"]], ["name"], ALL),
    "the highest id": ("party.relation.all.search_read", [], 0, 1, [["id", "DESC"]], ["from_"], {}),
    "ids": ("party.party.search", [["id", ">", 0]], 0, 10, BY_ID, {}),
    "a count": ("party.party.search_count", [], {}),
    "users": ("res.user.search_read", [["id", ">", 0]], 0, None, BY_ID, USER, ALL),
    "deals": ("sale.opportunity.search_read", [], 0, None, BY_ID, DEAL, {}),
    "notes": ("ir.note.search_read", NOT_OURS, 0, None, BY_ID, ["resource", "message", "create_uid"], {}),
    "relations": (
        "party.relation.all.search_read", [["type", "in", [1]], ["OR", ["from_", "in", [3]], ["to", "in", [3]]]], 0,
        None, BY_ID, ["from_", "to"], {},
    ),
    "relation types": (
        "party.relation.type.search_read", [["name", "in", ["Employee of"]]], 0, None, None, ["name"], {},
    ),
    "no category yet": (
        "party.category.search_read", [["name", "=", "crm_ext"], ["parent", "=", None]], 0, 1, None, ["name"], ALL,
    ),
    "an unknown model": ("no.such.model.search_read", [], 0, 1, None, ["name"], {}),
    "a category": ("party.category.create", [{"name": "crm_ext"}], {}),
    "the same category": ("party.category.create", [{"name": "crm_ext"}], {}),
    "categories below": ("party.category.create", [{"name": "a: b", "parent": 1}, {"name": "a: c", "parent": 1}], {}),
    "categories added": (
        "party.party.write", [NORA, PAUL], {"categories": [["add", [2]]]}, [LIN], {"categories": [["add", [2, 3]]]}, {},
    ),
    "categories removed": ("party.party.write", [LIN], {"categories": [["add", [3]], ["remove", [2]]]}, {}),
    "what stands then": ("party.party.search_read", [["id", "in", [3, 4, 5]]], 0, None, BY_ID, ["categories"], {}),
    "a party that is gone": ("party.party.write", [99999], {"categories": [["add", [2]]]}, {}),
    "a note": ("ir.note.create", [{"resource": "party.party,3", "message": "[crm-ext] one\n  两\n\nthree "}], {}),
    "its text": ("ir.note.search_read", [["message", "like", "[crm-ext]%"]], 0, None, BY_ID, ["message"], {}),
    "by its party": ("ir.note.search_read", [["resource", "in", ["party.party,3"]]], 0, None, BY_ID, ["id"], {}),
    "a note changed": ("ir.note.write", [5], {"message": "two"}, {}),
    "a note deleted": ("ir.note.delete", [5], {}),
    "a note deleted again": ("ir.note.delete", [5], {}),
    "an open deal deleted": ("sale.opportunity.delete", [1], {}),
    "no such method": ("party.party.no_such_method", {}),
    "rights": ("ir.model.access.get_access", ["party.party", "ir.note"], {}),
}  # fmt: skip


def test_the_double_answers_as_the_real_server_does(real_tryton: Real, double_tryton: Doubled):
    clients = []
    for backend in (real_tryton, double_tryton):
        backend.net.clear()
        backend.reset()
        clients.append(Client(backend.base_url))
    for name, (method, *params) in CALLS.items():
        told = []
        for client in clients:
            client.context = params[-1]
            told.append(comparable(client.answer(f"model.{method}", *params[:-1])))
        assert told[0] == told[1], name


def comparable(answer: Any) -> Any:
    """An answer without its own number; truth is 1 in SQLite."""
    return json.loads(json.dumps({**answer, "id": 0}).replace("true", "1").replace("false", "0"))


@pytest.mark.parametrize("key", ["", "Session eA==", "Session YWRtaW46MTpub3Q="])
def test_strangers_get_the_same_page(key, real_tryton: Real, double_tryton: Doubled):
    asked = {"id": 1, "method": "model.party.party.search", "params": [[], 0, 1, None, {}]}
    answers = [
        requests.post(f"{each.base_url}/crm/rpc/", json=asked, headers={"Authorization": key})
        for each in (real_tryton, double_tryton)
    ]
    assert [each.status_code for each in answers] == [401, 401]


def test_a_database_that_is_not_there_is_not_found(real_tryton: Real, double_tryton: Doubled):
    asked = {"id": 1, "method": "common.db.login", "params": ["admin", {"password": "x"}]}
    for each in (real_tryton, double_tryton):
        assert requests.post(f"{each.base_url}/no_such/rpc/", json=asked).status_code == 404


def test_data_of_a_size_is_the_same_each_time():
    assert generated(200) == generated(200)
    assert len(TrytonDouble(generated(200)).tables["party.party"].rows) == 204


def test_a_process_keeps_its_writes_over_a_kill_and_counts_them(tmp_path):
    command = [sys.executable, "-m", "tests.doubles.tryton", "--contacts", "50", "--state", str(tmp_path / "journal")]
    for turn in (1, 2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout
            base_url = process.stdout.readline().removeprefix("READY").strip()
            rpc = Client(base_url)
            if turn == 1:
                rpc("party.category.create", [{"name": "crm_ext"}])
            rpc("ir.note.create", [{"resource": "party.party,7", "message": f"[crm-ext] {turn}"}])
            rpc("party.party.write", [7, 8], {"categories": [["add", [1]]]})
            stats = requests.get(f"{base_url}/_double/stats").json()
            process.kill()
    assert stats["writes"]["7"] == {"note": 2, "categories": 2}
    assert stats["state"] == {
        "7": {"categories": ["crm_ext"], "notes": ["[crm-ext] 1", "[crm-ext] 2"]},
        "8": {"categories": ["crm_ext"], "notes": []},
    }


def test_latency_and_faults_are_set_while_it_runs(double_tryton: Doubled):
    double_tryton.reset()
    double, base_url = double_tryton.double, double_tryton.base_url
    told = requests.post(f"{base_url}/_double/latency", json={"before_ms": 1, "after_ms": 2}).json()
    assert told == {"before_ms": 1.0, "after_ms": 2.0}
    assert (double.before, double.after) == (0.001, 0.002)
    requests.post(f"{base_url}/_double/fault", json={"name": "down", "times": 1})
    assert requests.post(f"{base_url}/rpc/", json={}).status_code == 503
    requests.delete(f"{base_url}/_double/fault")
    asked = {"id": 1, "method": "common.server.version", "params": []}
    assert requests.post(f"{base_url}/rpc/", json=asked).json() == {"id": 1, "result": "8.2"}
