"""The card inside the CRM: signed, framed by its own CRM only, without cookies, each button good for one press."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from hashlib import sha256
from hmac import new
from html import unescape
from urllib.parse import urlsplit

import pytest

from crm_ext.errors import CrmExtError
from crm_ext.store import db, vault
from crm_ext.store.models import Connection, ContactRow, Override, StepAnswer
from crm_ext.sync import connections
from crm_ext.web import signing
from crm_ext.web.signing import Pass
from tests import factories

REP, OTHER = "rep@example.com", "jonas@example.com"
BUTTON = re.compile(r'name="token" value="([^"]+)">([^<]+)<')
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"


@pytest.fixture
def sample(app):
    return factories.sample()


@pytest.fixture
def card(app, sample, visitor):
    """Open a contact's card as one of the CRM's users."""

    def open_card(user=REP, key="c-1"):
        with app.test_request_context():
            token = signing.key(Pass(sample.connection.id, key, user))
        return visitor.get(f"/card/open/{token}")

    return open_card


def buttons(answer) -> dict[str, str]:
    return {label: unescape(token) for token, label in BUTTON.findall(answer.text)}


def press(visitor, token, **values):
    """As a browser in a frame does: no cookie, no proof of a session."""
    return visitor.send("POST", "/card/acts", data={"token": token, **values})


def test_the_card_tells_all_that_a_rep_needs_and_sets_no_cookie(card):
    answer = card()
    assert answer.status_code == 200
    for said in ("Clara Winslow", "Stage", "Next step", "Avoid now", "Trust", "Evidence", "Complaint desk"):
        assert said in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "crm_ext_csrf" not in answer.text


def test_only_the_pages_named_may_frame_it(card, sample):
    connections.update(sample.connection, {"card_frames": "https://crm.example.com"}, actor="test")
    headers = card().headers
    assert "frame-ancestors 'self' https://crm.example.com" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("address", ["https://a.example.com; script-src *", "javascript:1", "*", "'none'"])
def test_what_is_no_page_cannot_be_named(sample, address):
    with pytest.raises(CrmExtError, match="is no address of a page"):
        connections.update(sample.connection, {"card_frames": address}, actor="test")


def test_done_is_kept_and_the_next_step_moves_up(app, card, visitor):
    first = card()
    answer = press(visitor, buttons(first)["Done"], note="Went well")
    assert answer.status_code == 303
    said = db.session.scalars(db.select(StepAnswer)).one()
    assert (said.answer, said.actor, said.note, said.contact_id) == ("done", REP, "Went well", "c-1")
    assert said.stage == db.session.get(ContactRow, (1, "c-1")).stage
    second = visitor.get(answer.location)
    heading = re.compile(r'class="step-text">([^<]+)<')
    assert heading.search(first.text)[1] != heading.search(second.text)[1]
    assert "Went well" in second.text


def test_a_button_works_once(card, visitor):
    token = buttons(card())["Not now"]
    assert press(visitor, token).status_code == 303
    assert press(visitor, token).status_code == 409
    assert db.session.scalar(db.select(db.func.count()).select_from(StepAnswer)) == 1


def test_an_override_without_a_reason_is_said_and_the_button_stays_good(card, visitor):
    token = buttons(card())["Keep my word"]
    refused = press(visitor, token, stage="alliance", reason=" ")
    assert refused.status_code == 422
    assert "needs a reason" in refused.text
    assert press(visitor, token, stage="alliance", reason="Old friend").status_code == 303
    said = db.session.scalars(db.select(Override)).one()
    assert (said.value, said.reason, said.actor) == ("alliance", "Old friend", REP)


def test_a_token_is_good_for_its_own_purpose_only(app, card, visitor):
    with app.test_request_context():
        link = signing.key(Pass(1, "c-1", REP))
    assert press(visitor, link).status_code == 403
    assert press(visitor, buttons(card())["Done"] + "x").status_code == 403
    assert press(visitor, "").status_code == 403
    assert visitor.get(f"/card/open/{buttons(card())['Done']}").status_code == 403


def test_an_old_card_says_so_in_its_frame(app, card, visitor, monkeypatch):
    with app.test_request_context():
        token = signing.key(Pass(1, "c-1", REP))
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + 3 * signing.LASTS.total_seconds())
    answer = visitor.get(f"/card/open/{token}")
    assert answer.status_code == 403
    assert "too old" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_people_see_their_own_contacts_as_everywhere(card):
    assert card(OTHER).status_code == 404
    factories.account("manager", email=OTHER)
    assert card(OTHER).status_code == 200
    factories.account("auditor", email="auditor@example.com")
    assert buttons(card("auditor@example.com")) == {}
    assert card("").status_code == 200
    assert buttons(card("")) == {}


def test_somebody_who_was_shut_out_stays_out(card):
    factories.account("manager", email=OTHER).active = False
    db.session.commit()
    assert card(OTHER).status_code == 403


def test_plain_text_for_a_note(card, visitor):
    address = re.search(r'href="([^"]+note\.txt)"', card().text)[1]
    answer = visitor.get(address)
    assert answer.mimetype == "text/plain"
    assert "Next step: " in answer.text
    assert "<" not in answer.text


@pytest.fixture
def hubspot(config, app, sample):
    vault.make_key_file(config)
    settings = {"access_token": "x", "client_secret": SECRET, "portal_id": "77", "ui_domain": "app.hubspot.com"}
    made = connections.add("hub", "hubspot", settings, actor="test")
    db.session.execute(db.update(ContactRow).values(connection_id=made.id))
    db.session.execute(db.text(f"UPDATE crm_users SET connection_id={made.id}"))
    db.session.execute(db.text(f"UPDATE annotations SET connection_id={made.id}"))
    db.session.commit()
    return made


def asked(visitor, connection: Connection, query: str, secret=SECRET, **headers):
    path = f"/card/{connection.key}?{query}"
    stamp = str(round(time.time() * 1000))
    signed = f"GEThttp://localhost{path}".replace("%40", "@") + stamp
    signature = b64encode(new(secret.encode(), signed.encode(), sha256).digest()).decode()
    told = {"X-HubSpot-Signature-V3": signature, "X-HubSpot-Request-Timestamp": stamp, **headers}
    return visitor.get(path, headers=told)


def test_hubspot_asks_in_its_own_signed_way(hubspot, visitor):
    query = "contact=c-1&portalId=77&userEmail=rep%40example.com"
    answer = asked(visitor, hubspot, query)
    assert answer.status_code == 200
    assert answer.json["name"] == "Clara Winslow"
    page = visitor.get(urlsplit(answer.json["url"]).path)
    assert "Clara Winslow" in page.text
    assert "https://app.hubspot.com" in page.headers["Content-Security-Policy"]
    assert asked(visitor, hubspot, query, Accept="text/html").status_code == 303
    assert asked(visitor, hubspot, query, secret="another").status_code == 401
    assert asked(visitor, hubspot, "contact=c-4&portalId=77&userEmail=rep%40example.com").status_code == 404
    assert visitor.get("/card/nobody-knows-this").status_code == 404


def test_a_crm_that_signs_nothing_gets_no_card(sample, visitor):
    assert visitor.get(f"/card/{sample.connection.key}?contact=c-1").status_code in {400, 409}
