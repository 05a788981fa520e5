"""The manager's view: its numbers are those of the lists that they open, and lists become files without formulas."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest

from crm_ext.store import db, now
from crm_ext.store.models import ContactRow, Move, StepAnswer
from crm_ext.store.queries import attention, movement
from crm_ext.store.queries.slices import Slice
from tests import factories

LINE = re.compile(r'<li class="figure-line"><a href="([^"]+)">([^<]+)</a><strong>(\d+)</strong>')


def moved(key: str, days: int, way: str, old: int | None, new: int | None, **more: object) -> None:
    at = now() - timedelta(days=days)
    fixed = {"connection_id": 1, "run_id": 1, "playbook": "x", "band_to": "low"}
    db.session.add(Move(contact_id=key, at=at, way=way, stage_from=old, stage_to=new, **fixed, **more))


@pytest.fixture
def sample(app):
    """Six people who came ten weeks ago; c-1 rose and c-4 fell since, and Mia did a step with c-1."""
    book = factories.sample()
    for row in db.session.scalars(db.select(ContactRow)):
        row.stage_since = now() - timedelta(days=70)
        was = {"c-1": 2, "c-4": 3}.get(row.external_id, row.stage)
        moved(row.external_id, 70, "came", None, was)
    stages = {row.external_id: row.stage for row in db.session.scalars(db.select(ContactRow))}
    moved("c-1", 3, "rose", 2, stages["c-1"], cause="referral_made")
    moved("c-4", 20, "fell", 3, stages["c-4"], gained="lost", loss="indifferent")
    fixed = {"connection_id": 1, "contact_id": "c-1", "tactic": "ask_referral", "actor": "mia", "stage": 2}
    db.session.add(StepAnswer(answer="done", at=now() - timedelta(days=5), **fixed))
    db.session.commit()
    return book


@pytest.fixture
def manager(sample, signed_in):
    return signed_in("manager")


def rows(text: str) -> int:
    body = text.rsplit("<tbody>", maxsplit=1)[-1].split("</tbody>", maxsplit=1)[0] if "<tbody>" in text else ""
    return body.count("<tr")


def test_every_number_opens_a_list_as_long(manager):
    page = manager.get("/book/").text
    met = LINE.findall(page)
    assert len(met) > 8
    for address, label, number in met:
        opened = manager.get(unescape(address))
        assert opened.status_code == 200
        assert rows(opened.text) == int(number), label


def test_the_book_is_told_week_by_week_from_its_moves(sample):
    today = movement.stages(Slice())
    trail = movement.trail(Slice(weeks=12), today)
    assert len(trail) == 13
    assert sum(trail[0][1].values()) == 0
    assert trail[-1][1] == today
    five_weeks_ago = trail[-6][1]
    assert sum(five_weeks_ago.values()) == 6
    assert five_weeks_ago.get(3, 0) - today.get(3, 0) == 1 - [each.stage for each in stand("c-1")].count(3)


def stand(key: str) -> list[ContactRow]:
    return list(db.session.scalars(db.select(ContactRow).where(ContactRow.external_id == key)))


def test_a_slice_counts_its_own_contacts_only(sample):
    mine = Slice(owner="rep@example.com")
    assert sum(movement.stages(mine).values()) == 3
    assert sum(movement.flows(mine)["came"].values()) == 3
    assert movement.flows(mine)["fell"] == {}
    assert movement.losses(mine) == {}
    assert movement.losses(Slice()) == {"indifferent": 1}
    assert movement.losses(Slice(weeks=2)) == {}


def test_steps_tell_what_they_led_to(sample):
    found = attention.steps(Slice())
    rose = stand("c-1")[0].stage > 2
    assert [(each.tactic, each.done, each.rose, each.fell) for each in found] == [("ask_referral", 1, int(rose), 0)]


def test_time_in_stage_is_a_median(sample):
    assert all(round(days) == 70 for _, days in attention.stays(Slice()).values())


def test_people_are_not_listed_unless_somebody_asks(manager):
    assert "Jonas Adler" not in manager.get("/book/").text.split('id="by"')[1]
    by_owner = manager.get("/book/?by=owner").text.split('id="by"')[1]
    assert by_owner.index("Jonas Adler") < by_owner.index("Mia Hollis")


@pytest.mark.parametrize("address", ["/book/moves", "/book/threads", "/book/complaints", "/book/steps"])
def test_lists_can_be_taken_along(manager, address):
    answer = manager.get(f"{address}?format=csv")
    assert answer.mimetype == "text/csv"
    head, *_ = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[0] == "Contact"


def test_no_cell_is_a_formula(manager, signed_in):
    row = stand("c-2")[0]
    row.name = '=HYPERLINK("https://example.com")'
    db.session.commit()
    text = manager.get("/contacts/export.csv").data.decode("utf-8-sig")
    assert [line[0] for line in csv.reader(io.StringIO(text)) if "HYPERLINK" in line[0]] == [f"'{row.name}"]


def test_a_rep_takes_own_contacts_only(sample, signed_in):
    rep = signed_in("rep")
    text = rep.get("/contacts/export.csv").data.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + 3
    assert rep.get("/book/").status_code == 403


@pytest.mark.parametrize("address", ["/book/nothing", "/book/?weeks=x&cls=Z&by=y", "/book/moves?way=x&from=a&page=-1"])
def test_an_odd_address_breaks_nothing(manager, address):
    assert manager.get(address).status_code in {200, 404}
