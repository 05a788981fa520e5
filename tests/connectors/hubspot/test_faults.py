"""One answer in ten fails, tokens end, records change, merge and vanish: the end is the same as on a quiet day."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from crm_ext.connector_api import Context, Deleted, Level, Merged, Outcome, Row, Stream
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.pulling import differences, pulled_all
from tests.doubles.hubspot_seed import seeded

pytestmark = pytest.mark.usefixtures("quick")

OAUTH = {"access_token": "", "client_id": "id", "client_secret": "client-secret", "refresh_token": "refresh-1"}


class Mirror:
    """What a store holds after pulls: records by stream and id; what a complete pull did not hold is gone."""

    def __init__(self):
        self.records, self.marks, self.alias = {}, {}, {}

    def take(self, connector, streams):
        for stream in streams:
            there = self.records.setdefault(stream, {})
            seen, complete = set(), False
            for part in connector.parts(stream, self.marks.get(stream)):
                for page in connector.pull(part, None):
                    self.apply(page.changes, there, seen)
                    complete = complete or page.complete
                    self.marks[stream] = page.since or self.marks.get(stream)
            if complete:
                self.records[stream] = {each: record for each, record in there.items() if each in seen}

    def apply(self, changes, there, seen):
        for each in changes:
            if isinstance(each, Deleted):
                there.pop(each.id, None)
            elif isinstance(each, Merged):
                there.pop(each.id, None)
                self.alias[each.id] = each.into
            else:
                there[each.id] = each
                seen.add(each.id)

    def resolved(self, record):
        """A record whose contacts are named as they are called now."""
        if not hasattr(record, "contact_ids"):
            return record
        return replace(record, contact_ids=tuple(sorted({self.name(each) for each in record.contact_ids})))

    def name(self, each):
        while each in self.alias:
            each = self.alias[each]
        return each


def churned(portal):
    """People at work: every few requests a contact is changed, merged or archived, and a note rewritten."""
    chance = random.Random(3)

    def work(number):
        if number % 7 == 0 and number < 400:
            contacts = [each.id for each in portal.alive("contacts")]
            notes = [each.id for each in portal.alive("notes")]
            portal.change("contacts", chance.choice(contacts), {"jobtitle": f"Head {number}"})
            portal.change("notes", chance.choice(notes), {"hs_note_body": f"note {number}"})
            if number % 5 == 0:
                portal.merge("contacts", *chance.sample(contacts, 2))
            if number % 4 == 0:
                portal.archive("contacts", chance.choice([each.id for each in portal.alive("contacts")]))
                portal.archive("notes", chance.choice(notes))

    return work


@pytest.fixture
def kept():
    """A connection's settings as a store keeps them: tokens that were renewed stand there."""
    stored = dict(OAUTH)
    return Context(save=stored.update, load=lambda: stored)


def wanted(contact):
    return valued(TAGS, int(contact.id))


def push_what_differs(connector, mirror):
    """As the engine does: write where the values differ, try again what is to be tried again."""
    rows = [
        Row(each.id, wanted(each), each.tags or {})
        for each in mirror.records[Stream.CONTACTS].values()
        if (each.tags or {}) != wanted(each)
    ]
    results = list(connector.push(iter(rows)))
    assert sorted(each.id for each in results) == sorted(row.id for row in rows)
    return {each.id: each.outcome for each in results}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_day_ends_like_a_quiet_one(account, kept, seed):
    """Pull, push and pull again until nothing is left to do, on a bad day; then look at the account on a quiet one."""
    double, connector = account(400, faults=0.1, seed=seed, settings=OAUTH, context=kept)
    double.token_uses, double.tokens = 40, {"access-0"}
    made = connector()
    assert {each.level for each in made.prepare(TAGS)} == {Level.PASS}
    mirror = Mirror()
    double.churn = churned(double.portal)
    streams = made.capabilities.streams
    mirror.take(made, streams)
    outcomes = push_what_differs(made, mirror)
    double.churn = lambda number: None
    mirror.take(made, streams)
    for _ in range(3):
        again = push_what_differs(made, mirror)
        mirror.take(made, streams)
    assert again == {}
    assert set(outcomes.values()) <= {Outcome.OK, Outcome.GONE}
    double.faults = 0.0
    quiet = pulled_all(connector, streams)
    for stream, got in quiet.items():
        held = {each.id: mirror.resolved(each) for each in mirror.records[stream].values()}
        assert differences(held, map(mirror.resolved, got.records.values())) == []
    assert all(each.tags == wanted(each) for each in quiet[Stream.CONTACTS].records.values())
    assert double.statuses[502] > 0
    assert double.statuses[429] > 0


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_contact_is_written_exactly_once(account, seed):
    double, connector = account(600, faults=0.1, seed=seed, settings=OAUTH)
    double.token_uses, double.tokens = 40, {"access-0"}
    made = connector()
    assert {each.level for each in made.prepare(TAGS)} == {Level.PASS}
    mirror = Mirror()
    mirror.take(made, (Stream.CONTACTS,))
    outcomes = push_what_differs(made, mirror)
    assert set(outcomes.values()) == {Outcome.OK}
    assert double.portal.writes == {str(each.id): 1 for each in double.portal.alive("contacts")}


def test_a_pull_goes_on_where_it_was_cut(account):
    """Pages are pulled by one process after the other, each killed after a few pages, through faults."""
    portal = seeded(350)
    _, connector = account(portal=portal, faults=0.05)
    expected = pulled_all(connector, (Stream.ACTIVITIES,))[Stream.ACTIVITIES].records
    records, checkpoint, since = {}, None, None
    for _ in range(200):
        made = connector()
        pages = made.pull(made.parts(Stream.ACTIVITIES, None)[0], checkpoint)
        for _, page in zip(range(3), pages, strict=False):
            records |= {each.id: each for each in page.changes}
            checkpoint, since = page.checkpoint, page.since
        pages.close()
        if since:
            break
    assert records == expected
    assert since
