"""What a batch's answer tells of its rows: by id, by trace, by what is said; never by place."""

from __future__ import annotations

import pytest

from connectors.hubspot.pushing import results
from crm_ext.connector_api import Outcome, Row
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.faults import Fault, Faults
from tests.doubles.hubspot_seed import seeded

A, B, C = "70010", "70011", "70012"


def rows(*ids):
    return [Row(each, {"crm_ext_class": "A"}) for each in ids]


def wrote(record, asked=None):
    return {"id": record, "properties": {}} | ({"objectWriteTraceId": asked} if asked else {})


def error(message="refused", category="VALIDATION_ERROR", **context):
    return {"status": "error", "category": category, "message": message, "context": context, "errors": [], "links": {}}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"results": [wrote(B), wrote(A)]}, {A: "ok", B: "ok"}),
        ({"results": [wrote(A)], "errors": [error(ids=[B], category="OBJECT_NOT_FOUND")]}, {A: "ok", B: "gone"}),
        ({"results": [wrote(A)], "errors": [error(objectWriteTraceId=[B])]}, {A: "ok", B: "permanent"}),
        ({"results": [wrote(A)], "errors": [error(f"Contact {B} is locked")]}, {A: "ok", B: "permanent"}),
        ({"results": [wrote(A)], "errors": [error("no reason", "RATE_LIMITS")]}, {A: "ok", B: "retry"}),
        ({"results": [], "errors": [error("one of them", id="17")]}, {}),
        ({"results": [wrote(A), wrote(A, B)]}, {A: "ok", B: "gone"}),
        ({"results": [wrote(A), wrote(C)]}, {A: "ok", B: "gone"}),
        ({"results": [wrote(C), wrote("70013")], "errors": [error(id=A)]}, {A: "permanent"}),
        ({"results": [], "errors": [error(id=A) | {"context": f"{{id={A}}}"}]}, {}),
    ],
)
def test_each_row_gets_its_own_result(answer, told):
    found = {each.id: each.outcome for each in results(rows(A, B), answer)}
    assert found == {name: Outcome(outcome) for name, outcome in told.items()}


def test_short_numbers_in_a_sentence_are_no_contacts():
    answer = {"results": [], "errors": [error("14 is not a number")]}
    assert results(rows("14", "15"), answer) == []


@pytest.mark.usefixtures("quick")
def test_a_batch_that_hides_who_was_refused_is_halved_to_the_row(account):
    """207 with an error that names nobody: the others were written, and are written once."""
    layers = []

    def wrap(app):
        layers.append(Faults(app))
        return layers[0]

    double, connector = account(portal=seeded(60), wrap=wrap)
    made = connector()
    made.prepare(TAGS)
    ids = [str(each.id) for each in double.portal.alive("contacts")]
    gone = [*ids[:2], ids[40]]
    for each in gone:
        double.portal.archive("contacts", int(each))

    def nameless(body):
        for each in gone:
            body = body.replace(f'"ids": ["{each}"]'.encode(), b'"ids": []')
        return body

    layers[0].add(Fault(match="batch/update", rewrite=nameless))
    got = {each.id: each.outcome for each in made.push(Row(each, valued(TAGS, 1)) for each in ids)}
    assert {each for each, outcome in got.items() if outcome is Outcome.GONE} == set(gone)
    assert double.portal.writes == {each: 1 for each in ids if each not in gone}
