"""As few requests as EspoCRM's pages allow, and little work for each record."""

from __future__ import annotations

import subprocess
import sys
import time
from math import ceil

from connectors.espocrm import EspoCRM
from connectors.espocrm.kinds import KINDS
from crm_ext.connector_api import Outcome, Row, Stream
from crm_ext.connector_api.settings import validated
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from tests.doubles.espocrm import KEY
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


def test_pulling_and_mapping_is_cheap():
    """CPU seconds of this process alone; the double runs in another one."""
    command = [sys.executable, "-m", "tests.doubles.espocrm", "--contacts", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as double:
        try:
            url = double.stdout.readline().split()[1]
            made = EspoCRM(validated(EspoCRM.settings, {"base_url": url, "api_key": KEY}))
            spent = []
            for _ in range(2):
                before = time.process_time()
                pulls = pulled_all(lambda: made, made.capabilities.streams)
                spent.append(time.process_time() - before)
        finally:
            double.terminate()
    assert len(pulls[Stream.ACTIVITIES].records) == 5000
    print(f"{min(spent):.2f} CPU s for 1,000 contacts with five activities each")
    assert min(spent) <= 0.7
