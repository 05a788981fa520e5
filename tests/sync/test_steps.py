"""Answers to steps: kept, heard by the next run, gone with the contact."""

from __future__ import annotations

import pytest

from crm_ext.errors import CrmExtError
from crm_ext.store import db
from crm_ext.store.bundles import bundles
from crm_ext.store.models import ContactRow, StepAnswer
from crm_ext.sync import card, steps
from tests import factories


@pytest.fixture
def connection(app):
    return factories.sample().connection


def said(connection, **values):
    step = card.card(connection, "c-1", "en")["steps"][0]["id"]
    return steps.answer(connection, "c-1", **{"tactic": step, "said": "done", "actor": "mia", **values})


def test_an_answer_asks_for_a_new_judgement_and_reaches_it(connection):
    db.session.execute(db.update(ContactRow).values(dirty=False))
    kept = said(connection, note="They agreed")
    assert db.session.get(ContactRow, (connection.id, "c-1")).dirty
    (_, bundle), *_ = bundles(db.session(), connection.id, ["c-1"])
    assert [(each.tactic, each.answer) for each in bundle.answers] == [(kept.tactic, "done")]
    assert kept.tactic not in [each["id"] for each in card.card(connection, "c-1", "en")["steps"]]


def test_the_same_answer_twice_is_one(connection):
    first = said(connection)
    again = steps.answer(connection, "c-1", tactic=first.tactic, said="done", actor="mia", note="later")
    assert (again.id, again.note) == (first.id, "later")


@pytest.mark.parametrize("wrong", [{"said": "perhaps"}, {"tactic": "no_such_step"}])
def test_what_cannot_be_used_is_said(connection, wrong):
    with pytest.raises(CrmExtError):
        said(connection, **wrong)
    assert db.session.scalars(db.select(StepAnswer)).all() == []
