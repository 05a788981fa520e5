"""As few requests as pages allow, hardly any work for each record, and the pace that is asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from connectors.odoo.pushing import BATCH
from crm_ext.config import Config
from crm_ext.connector_api import Outcome, Row, Stream
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from crm_ext.store import db, vault
from crm_ext.store.intake import Intake
from crm_ext.store.models import ActivityRow, Connection, ContactRow
from crm_ext.sync import connections
from crm_ext.web.app import create_app
from tests.databases import Sqlite
from tests.doubles.odoo import DATABASE, KEY, LOGIN
from tests.doubles.odoo_orm import utc
from tests.structure.tree import ROOT

PAGE = 1000
FILTERED = ("mail.message", "mail.activity")
"""Odoo takes what we may not see out of a page when the page is cut, so that only an empty one proves the end."""
READ = ("crm.lead", "sale.order", *FILTERED, "calendar.event", "project.task", "res.users")


def least_pull(double):
    """Every model in pages of a thousand; companies and people are two readings of one model."""
    rows = double.db.rows
    partners = list(rows["res.partner"].values())
    companies = sum(bool(each.get("is_company")) for each in partners)
    sizes = [companies, len(partners) - companies, *(len(rows[model]) for model in READ)]
    return sum(max(1, ceil(each / PAGE)) for each in sizes) + sum(bool(rows[model]) for model in FILTERED)


def test_a_full_pull_and_push_send_hardly_more_than_the_least(site):
    saved = {}
    double, connector = site(4000)
    made = connector()
    made.context = type(made.context)(save=saved.update)
    made.check()
    made.prepare(TAGS)
    made = connector(**saved)
    before = double.requests
    contacts = list(pulled_all(lambda: made, made.capabilities.streams)[Stream.CONTACTS].records)
    pulled, least = double.requests - before, least_pull(double)
    before = double.requests
    results = list(made.push(Row(each, valued(TAGS, turn)) for turn, each in enumerate(contacts)))
    pushed, least_push = double.requests - before, ceil(len(contacts) / BATCH)
    print(f"pull: {pulled} requests, the least is {least}; push: {pushed}, the least is {least_push}")
    assert pulled <= 1.05 * least
    assert pushed == least_push
    assert {each.outcome for each in results} == {Outcome.OK}
    assert all(double.writes[each].total() == 1 for each in contacts)


def test_what_changed_costs_what_it_is_worth(site):
    """With nothing new, a request for the changes and one for the count of each model, whatever their size."""
    spent = {}
    for size in (40, 1000):
        double, connector = site(size)
        made = connector()
        marks = {stream: got.since for stream, got in pulled_all(connector, made.capabilities.streams).items()}
        pulls, spent[size] = {}, []
        for changed in (0, 0, size // 100):
            for contact in [each for each in double.db.rows["res.partner"] if each > 1000][:changed]:
                double.db.write("res.partner", {contact: {"function": "Head"}}, utc())
            before = double.requests
            pulls = {stream: pull(made, stream, marks[stream]) for stream in made.capabilities.streams}
            spent[size].append(double.requests - before)
            marks = {stream: got.since for stream, got in pulls.items()}
    print(f"nothing, nothing, one per cent: {spent}")
    assert spent[1000][:2] == spent[40][:2]
    assert spent[1000][2] <= spent[1000][1] + 1
    assert len(pulls[Stream.CONTACTS].records) == 10


def test_writing_goes_out_in_as_few_calls_as_there_are_different_values(site):
    """Contacts with the same values share a call, whether values are fields or tags."""
    double, connector = site(1000)
    contacts = list(pulled_all(connector, (Stream.CONTACTS,))[Stream.CONTACTS].records)
    for how, method, calls in (("fields", "write", 2), ("tags", "write", 2 * 3)):
        made = connector(write_as=how)
        made.prepare(TAGS)
        double.calls.clear()
        sets = [valued(TAGS, turn % (1 if how == "fields" else 3)) for turn in range(len(contacts))]
        results = list(made.push(Row(each, values) for each, values in zip(contacts, sets, strict=True)))
        assert {each.outcome for each in results} == {Outcome.OK}
        assert double.calls[f"res.partner.{method}"] == calls
        assert not double.calls["res.partner.load"]


@pytest.mark.parametrize("rate", [10])
def test_the_pace_that_is_asked_for_is_kept_and_used(site, rate):
    double, connector = site(2000, settings={"per_second": rate, "page_size": 500})
    made = connector()
    made.server.ready()
    time.sleep(1.1)
    before, started = double.requests, time.monotonic()
    pulled_all(lambda: made, made.capabilities.streams)
    took, number = time.monotonic() - started, double.requests - before
    dictated = (ceil(number / rate) - 1) * 1.0
    print(f"{number} requests took {took:.2f} s; the pace dictates {dictated:.1f} s")
    assert dictated <= took <= 1.1 * dictated + 1.5


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A connection on SQLite to an Odoo of 1,000 contacts that runs in a process of its own."""
    command = [sys.executable, "-m", "tests.doubles.odoo", "--contacts", "1000"]
    with (
        Sqlite(tmp_path).fresh() as url,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as odoo,
    ):
        app = create_app(Config(home=tmp_path, database_url=url))
        vault.make_key_file(app.extensions["crm_ext"])
        with app.app_context():
            sign_in = {"base_url": odoo.stdout.readline().split()[1], "database": DATABASE, "login": LOGIN}
            yield connections.add("odoo", "odoo", sign_in | {"api_key": KEY}, actor="test")
            db.session.remove()
            db.engine.dispose()
        odoo.terminate()


class Unread:
    """Reads no text: that costs the same with every CRM."""

    version = "none"

    def __call__(self, records):
        return [()] * len(records)


def test_pulling_storing_and_writing_is_cheap(connection: Connection) -> None:
    """CPU seconds of this process alone, for 1,000 contacts with five activities each; half more on a busy machine."""
    with connections.opened(connection) as made:
        made.prepare(TAGS)
        intake, begun = Intake(db.session(), connection.id, 1, Unread()), time.process_time()
        for stream in made.capabilities.streams:
            for page in made.pull(made.parts(stream, None)[0], None):
                intake.save(page.changes)
                db.session.commit()
        stored = time.process_time() - begun
        assert db.session.scalar(select(func.count()).select_from(ActivityRow)) == 5000
        contacts = db.session.scalars(select(ContactRow.external_id)).all()
        begun = time.process_time()
        results = list(made.push(Row(each, valued(TAGS, int(each))) for each in contacts))
        pushed = time.process_time() - begun
    assert [each.outcome for each in results] == [Outcome.OK] * 1000
    print(f"{stored:.2f} CPU s to pull, map and store (wanted: 1.0), {pushed:.2f} to write (wanted: 0.2)")
    assert stored <= 1.5 * 1.0
    assert pushed <= 0.2
