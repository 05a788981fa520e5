"""A person's word on a tag stands: said here or typed over our value in the CRM."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm_ext.errors import CrmExtError
from crm_ext.store import db, now
from crm_ext.store.models import Connection, Override
from crm_ext.sync import card
from tests.sync.conftest import Book, Sync


def kept() -> list[tuple[str, str, str]]:
    return [
        (each.field, each.kind, each.value)
        for each in db.session.scalars(select(Override).where(Override.ended_at.is_(None)).order_by(Override.id))
    ]


def touch(book: Book, contact: str) -> None:
    """Something new about a contact, so that it is judged again."""
    book.activities[f"new-{len(book.activities)}"] = {**book.activities["a1"], "Contact": contact}
    book.write()


def test_a_value_typed_in_the_crm_is_kept(book: Book, sync: Sync) -> None:
    sync()
    book.type_over("c1", stage="trust")
    told = sync()
    assert (told["overrides"], told["pushed"]) == (1, 0)
    assert kept() == [("crm_ext_stage", "override", "trust")]
    touch(book, "c1")
    sync()
    assert book.annotated["c1"]["crm_ext_stage"] == "trust"
    assert card.card(card_connection(), "c1", "en")["annotation"]["stage_name"] == "acquaintance"


def card_connection() -> Connection:
    return db.session.scalars(select(Connection)).one()


def test_a_cleared_value_means_no_tag(book: Book, sync: Sync) -> None:
    sync()
    book.type_over("c1", stage="")
    sync()
    touch(book, "c1")
    sync()
    assert kept() == [("crm_ext_stage", "cleared", "")]
    assert book.annotated["c1"]["crm_ext_stage"] == ""


def test_a_value_that_is_no_option_is_listed_and_left_alone(book: Book, sync: Sync) -> None:
    sync()
    book.type_over("c1", stage="best friends")
    sync()
    touch(book, "c1")
    sync()
    assert kept() == [("crm_ext_stage", "conflict", "best friends")]
    assert book.annotated["c1"]["crm_ext_stage"] == "best friends"


def test_taking_the_machines_value_back_ends_the_override(book: Book, sync: Sync) -> None:
    sync()
    machine = book.annotated["c1"]["crm_ext_stage"]
    book.type_over("c1", stage="trust")
    sync()
    book.type_over("c1", stage=machine)
    sync()
    touch(book, "c1")
    sync()
    assert kept() == []


def test_an_override_said_here_is_written_and_ends_in_time(book: Book, connection: Connection, sync: Sync) -> None:
    sync()
    say = {"until": now() + timedelta(days=3), "reason": "met at the fair", "actor": "me@example.com"}
    card.override(connection, "c2", stage="alliance", trust=80, **say)
    assert sync()["pushed"] == 1
    assert book.annotated["c2"]["crm_ext_stage"] == "alliance"
    assert book.annotated["c2"]["crm_ext_trust_band"] == "very_high"
    for each in db.session.scalars(select(Override)):
        each.until = now() - timedelta(minutes=1)
    db.session.commit()
    touch(book, "c2")
    assert sync()["pushed"] == 1
    assert book.annotated["c2"]["crm_ext_stage"] != "alliance"


def test_withdrawing_gives_the_machine_its_say_back(book: Book, connection: Connection, sync: Sync) -> None:
    sync()
    card.override(connection, "c2", stage="alliance", trust=None, until=None, reason="I know her", actor="me")
    sync()
    assert card.clear_overrides(connection, "c2", actor="me") == 1
    sync()
    assert book.annotated["c2"]["crm_ext_stage"] != "alliance"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"stage": "best", "trust": None, "reason": "so"}, "'best' is no stage"),
        ({"stage": None, "trust": 101, "reason": "so"}, "101"),
        ({"stage": "trust", "trust": None, "reason": " "}, "needs a reason"),
        ({"stage": None, "trust": None, "reason": "so"}, "Nothing to override"),
    ],
)
def test_what_cannot_be_an_override_is_refused(
    connection: Connection, sync: Sync, said: dict[str, object], words: str
) -> None:
    sync(push=False)
    with pytest.raises(CrmExtError, match=words):
        card.override(connection, "c1", until=None, actor="me", **said)  # type: ignore[arg-type]


def test_a_card_does_without_links_where_the_connection_cannot_be_opened(connection: Connection, sync: Sync) -> None:
    sync(push=False)
    connection.secrets = "lost"
    db.session.commit()
    assert card.card(connection, "c1", "en")["contact"]["link"] is None
