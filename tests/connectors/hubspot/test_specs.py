"""What we send and what the double answers, held against HubSpot's official documents."""

from __future__ import annotations

import json

import pytest
from werkzeug.wrappers import Response

from crm_ext.connector_api import Outcome, Row, Stream
from crm_ext.connector_api.testing import TAGS, valued
from crm_ext.connector_api.testing.pulling import pulled_all
from tests.connectors.hubspot.specs import FOLDER, Judged

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"HubSpot's official documents are not in {FOLDER}")

EVERY_OPERATION = {
    "accountInfo: GET 200",
    "contacts: GET 200",
    "contacts: POST 200",
    "contacts: POST 207",
    "contacts: POST 400",
    "companies: GET 200",
    "deals: GET 200",
    "objects: GET 200",
    "calls: GET 200",
    "emails: POST 200",
    "associations: POST 200",
    "associations: POST 207",
    "crmOwners: GET 200",
    "pipelines: GET 200",
    "properties: GET 200",
    "properties: DELETE 404",
    "properties: POST 201",
    "properties: PATCH 200",
    "properties: DELETE 204",
}


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_a_whole_life_keeps_to_the_documents(account, quick, version):
    judged = []

    def wrap(app):
        judged.append(Judged(app))
        return judged[0]

    double, connector = account(30, wrap=wrap, settings={"api_version": version})
    live(double, connector)
    (judge,) = judged
    assert judge.problems == []
    numbered = {"deals: GET 200"} if version == "v3" else set()  # v3 describes deals under their number, 0-3
    assert EVERY_OPERATION - judge.operations.keys() == numbered
    print(f"{sum(judge.operations.values())} exchanges of {len(judge.operations)} kinds")


def live(double, connector):
    """All that the connector does, with rows that are refused, gone, merged, archived and locked."""
    portal, made = double.portal, connector()
    assert made.check()
    made.prepare(TAGS[1:])
    made.prepare([*TAGS[1:], TAGS[0]])
    portal.properties["contacts"]["crm_ext_alerts"]["options"].pop()
    made.prepare(TAGS)
    made.fields(Stream.ACTIVITIES)
    before = pulled_all(connector, made.capabilities.streams)
    ids = list(before[Stream.CONTACTS].records)
    portal.refused.add(int(ids[3]))
    portal.locked.add(int(ids[4]))
    portal.archive("contacts", int(ids[5]))
    portal.merge("contacts", int(ids[6]), int(ids[7]))
    portal.change("emails", next(iter(portal.things["emails"])), {"hs_email_subject": "Again"})
    portal.change("contacts", int(ids[8]), {"jobtitle": "Head"})
    results = {each.id: each for each in made.push(Row(each, valued(TAGS, 1)) for each in ids)}
    assert {each: results[each].outcome for each in (ids[0], ids[3], ids[5])} == {
        ids[0]: Outcome.OK,
        ids[3]: Outcome.PERMANENT,
        ids[5]: Outcome.GONE,
    }
    made.read_tags(ids)
    marks = {stream: pull.since for stream, pull in before.items()}
    assert pulled_all(connector, made.capabilities.incremental, marks)[Stream.CONTACTS].records
    made.clear(TAGS)
    made.clear(TAGS)


def test_the_judge_finds_what_is_not_described(account):
    judged = []

    def wrap(app):
        def wrong(environ, start_response):
            response = Response.from_app(app, environ)
            body = json.loads(response.get_data())
            body["results"][0] |= {"archived": "no", "colour": "blue"}
            response.set_data(json.dumps(body))
            return response(environ, start_response)

        judged.append(Judged(wrong))
        return judged[0]

    _, connector = account(3, wrap=wrap)
    connector()._api.get("/crm/objects/2026-09/contacts", params={"limit": "many", "page": 2})
    told = " ".join(judged[0].problems)
    for each in ("'no' is not of type 'boolean'", "'colour' was unexpected", "limit is no number", "parameter page"):
        assert each in told
