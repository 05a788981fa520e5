"""As few requests as EspoCRM's pages allow, and little work for each record."""

from __future__ import annotations

import subprocess
import sys
import time
from math import ceil

import pytest

from connectors.espocrm import EspoCRM
from connectors.espocrm.kinds import KINDS
from crm_ext.connector_api import Outcome, Row, Stream
from crm_ext.connector_api.settings import validated
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from tests.doubles.espocrm import ADMIN, KEY
from tests.structure.tree import ROOT

PAGE = 200


def least_pull(crm):
    """Every entity in pages of two hundred."""
    return sum(max(1, ceil(len(crm.rows[kind.name]) / PAGE)) for kind in KINDS)


def test_a_full_pull_and_push_send_hardly_more_than_the_least(site):
    """Half of the contacts get values of their own, the others one of five sets: those are written together."""
    double, connector = site(1200)
    made = connector()
    made.prepare(TAGS)
    before = double.requests
    contacts = list(pulled_all(lambda: made, made.capabilities.streams)[Stream.CONTACTS].records)
    pulled, least = double.requests - before, least_pull(double.crm)
    made = connector()
    before = double.requests
    rows = [Row(each, valued(TAGS, turn if turn % 2 else turn % 10)) for turn, each in enumerate(contacts)]
    rows = [Row(row.id, row.values | {"crm_ext_reasons": str(n)}) if n % 2 else row for n, row in enumerate(rows)]
    results = list(made.push(rows))
    pushed, least_push = double.requests - before, 600 + 5 * ceil(1200 / made.capabilities.push_batch)
    print(f"pull: {pulled} requests, the least is {least}; push: {pushed}, the least is {least_push}")
    assert pulled <= 1.05 * least
    assert pushed <= 1.05 * least_push
    assert {each.outcome for each in results} == {Outcome.OK}
    assert set(double.crm.writes.values()) == {1}


def test_what_changed_costs_what_it_is_worth(site):
    """With nothing new, a request for the changes and one for the count of each entity; e-mails are not counted."""
    double, connector = site(1000)
    full = pulled_all(connector, EspoCRM.capabilities.streams)
    marks = {stream: got.since for stream, got in full.items()}
    made, spent = connector(), []
    for changed in (0, 0, 10):
        for contact in list(double.crm.rows["Contact"])[:changed]:
            double.crm.change("Contact", contact, {"title": "Head"})
        before = double.requests
        pulls = {stream: pull(made, stream, marks[stream]) for stream in made.capabilities.incremental}
        spent.append(double.requests - before)
        marks = {stream: got.since for stream, got in pulls.items()}
    print(f"nothing, nothing, one per cent: {spent}")
    assert spent == [2 * (len(KINDS) - 1) - 1] * 3
    assert len(pulls[Stream.CONTACTS].records) == 10


@pytest.fixture
def connector():
    """A connector to an EspoCRM of 1,000 contacts that runs in a process of its own."""
    command = [sys.executable, "-m", "tests.doubles.espocrm", "--contacts", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as double:
        url = double.stdout.readline().split()[1]
        login = {"admin_login": ADMIN[0], "admin_password": ADMIN[1]}
        made = EspoCRM(validated(EspoCRM.settings, {"base_url": url, "api_key": KEY, **login}))
        yield made
        made.close()
        double.terminate()


def spent(work):
    """CPU seconds of this process, and what the work gave."""
    before = time.process_time()
    done = work()
    return time.process_time() - before, done


def test_a_record_is_hardly_any_work(connector):
    """Pulling, mapping, and writing the same values together; values of one's own cost a request of HTTP each."""
    connector.prepare(TAGS)
    pulling, pulls = spent(lambda: pulled_all(lambda: connector, connector.capabilities.streams))
    assert len(pulls[Stream.ACTIVITIES].records) == 5000
    contacts = list(pulls[Stream.CONTACTS].records)
    same, _ = spent(lambda: list(connector.push(Row(each, valued(TAGS, 1)) for each in contacts)))
    apart, results = spent(lambda: list(connector.push(Row(each, valued(TAGS, n)) for n, each in enumerate(contacts))))
    assert {each.outcome for each in results} == {Outcome.OK}
    print(f"1,000 contacts: {pulling:.2f} CPU s to pull and map, {same:.2f} to write together, {apart:.2f} one by one")
    assert pulling <= 0.7
    assert same <= 0.2
    assert apart <= 2.5
