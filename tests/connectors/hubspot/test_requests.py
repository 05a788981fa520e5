"""As few requests as the API's pages and batches allow, no faster than the account may, and not much slower."""

from __future__ import annotations

import time
from math import ceil

import pytest

from crm_ext.connector_api import Level, Outcome, Row, Stream
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.pulling import pull, pulled_all
from tests.doubles.hubspot_portal import KINDS

PAGE, OWNERS, BATCH, SEARCH, ASSOCIATIONS = 100, 100, 100, 200, 1000


def pages(number, size):
    return max(1, ceil(number / size))


def least_pull(portal):
    """Every object in pages of a hundred, associations along with them, and the owners."""
    return sum(pages(len(portal.alive(kind)), PAGE) for kind in KINDS) + pages(len(portal.owners), OWNERS)


def sent(double):
    return sum(double.counts.values())


def test_a_full_pull_and_push_send_hardly_more_than_the_least(account):
    double, connector = account(1200)
    made = connector()
    made.prepare(TAGS)
    prepared, before = made.requests, sent(double)
    contacts = pulled_all(connector, made.capabilities.streams)[Stream.CONTACTS].records
    pulled = sent(double) - before
    least = least_pull(double.portal)
    before = sent(double)
    results = list(made.push(Row(each, valued(TAGS, turn)) for turn, each in enumerate(contacts)))
    pushed = sent(double) - before
    least_push = pages(len(contacts), BATCH)
    print(f"pull: {pulled} requests, the least is {least}; push: {pushed}, the least is {least_push}")
    assert pulled <= 1.05 * least
    assert pushed == least_push
    assert {each.outcome for each in results} == {Outcome.OK}
    assert prepared == 4  # whose account it is, what is there, the group, all properties in one batch
    assert made.requests == prepared + pushed


def test_what_changed_costs_what_it_is_worth(account):
    """Our own writes are read once; then nothing new costs one search a kind, and one per cent hardly more."""
    double, connector = account(1500, lag=0.0)
    made = connector()
    made.prepare(TAGS)
    streams = made.capabilities.incremental
    full = pulled_all(connector, made.capabilities.streams)
    first = sent(double)
    list(made.push(Row(each, valued(TAGS, 1)) for each in full[Stream.CONTACTS].records))
    time.sleep(1.1)  # HubSpot's clock is known to the second; what is younger is read a second time
    spent = []
    marks = {stream: got.since for stream, got in full.items()}
    for changed in (0, 0, 0, 15):
        for contact in list(double.portal.things["contacts"])[:changed]:
            double.portal.change("contacts", contact, {"jobtitle": "Head"})
        before = sent(double)
        pulls = {stream: pull(made, stream, marks[stream]) for stream in streams}
        spent.append(sent(double) - before)
        marks = {stream: got.since for stream, got in pulls.items()}
    print(f"full: {first}; echo, nothing, nothing, one per cent: {spent}")
    quiet = 2 * len(KINDS)
    assert spent[1] <= quiet + 3
    assert spent[2] == spent[1]
    assert spent[3] <= spent[2] + 3
    assert len(pulls[Stream.CONTACTS].records) == 15


def test_the_limits_are_kept_without_being_refused(account):
    """What a run takes beside what the limit dictates is measured by tests/bench/hubspot.py."""
    double, connector = account(600, limit=(30, 2.0))
    made = connector()
    assert {each.level for each in made.check()} == {Level.PASS}
    marks = {stream: got.since for stream, got in pulled_all(lambda: made, made.capabilities.streams).items()}
    for _ in range(2):
        for stream in made.capabilities.incremental:
            pull(made, stream, marks[stream])
    print(
        f"{sent(double)} requests, {sum(n for path, n in double.counts.items() if 'search' in path)} of them searches"
    )
    assert double.statuses[429] == 0


@pytest.mark.parametrize("most", [40, 250])
def test_the_rate_follows_what_the_answers_tell(account, most):
    _, connector = account(3, limit=(most, 10.0))
    made = connector()
    pulled_all(lambda: made, (Stream.CONTACTS,))
    assert made._api.pace.rates == ((most, 10.0),)
