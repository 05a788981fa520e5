"""One person's data: all of it handed out, and all of it gone, also after the next pull."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from crm_ext.domain.records import Activity, Contact
from crm_ext.errors import NotFound
from crm_ext.store import audit, db, erasure, vault
from crm_ext.store.base import Base
from crm_ext.store.intake import Intake
from crm_ext.store.models import ActivityRow, AuditEntry, ContactRow, Participant
from crm_ext.sync import card, privacy
from tests import factories


class Silent:
    """A reader who finds nothing."""

    version = "none"

    def __call__(self, records):
        return [() for _ in records]


@pytest.fixture
def connection(app, config):
    vault.make_key_file(config)
    book = factories.sample()
    made = book.connection
    for bundle in book.bundles:
        for stream in ("activities", "deals", "cases"):
            for record in getattr(bundle, stream):
                link = {"stream": stream, "record_id": record.id, "contact_id": bundle.contact.id}
                db.session.add(Participant(connection_id=made.id, **link))
    db.session.commit()
    card.override(made, "c-1", stage="alliance", trust=None, until=None, reason="Clara said so", actor="ada")
    return made


def everything():
    """All that stands in the database, as one text."""
    rows = (db.session.execute(select(table)).all() for table in Base.metadata.sorted_tables)
    return repr(list(rows))


def test_an_export_holds_everything(connection):
    told = json.dumps(privacy.export(connection, "c-1", "en", actor="ada"), default=str)
    for known in ("Clara Winslow", "c-1@example.com", "We all miss your visits here", "3600", "Clara said so"):
        assert known in told
    assert db.session.scalars(select(AuditEntry.action)).all()[-1] == "contact.export"


def test_nothing_is_left_of_who_was_erased(connection):
    assert privacy.erase(connection, "c-1", actor="ada") == 10
    left = everything()
    for known in ("Clara", "c-1@example.com", "miss your visits", "alliance"):
        assert known not in left
    assert "Rivas" in left
    assert list(audit.broken()) == []
    with pytest.raises(NotFound):
        privacy.erase(connection, "c-1", actor="ada")


def test_what_others_took_part_in_stays_theirs(connection):
    link = {"connection_id": connection.id, "stream": "activities", "contact_id": "c-2"}
    db.session.add(Participant(record_id="c-1-0", **link))
    db.session.commit()
    shared = db.session.scalars(select(ActivityRow.external_id).where(ActivityRow.external_id == "c-1-0")).all()
    privacy.erase(connection, "c-1", actor="ada")
    assert db.session.scalars(select(ActivityRow.external_id).where(ActivityRow.external_id == "c-1-0")).all() == shared


def test_the_next_pull_does_not_bring_them_back(connection):
    privacy.erase(connection, "c-1", actor="ada")
    erased = erasure.known(db.session(), connection.id)
    intake = Intake(db.session(), connection.id, 2, Silent(), erased)
    when = factories.AS_OF
    intake.save(
        [
            Contact(id="c-1", name="Clara Winslow"),
            Contact(id="c-9", name="Otto Falk"),
            Activity(id="a-1", type="call", at=when, text="Clara rang", contact_ids=("c-1",)),
            Activity(id="a-2", type="call", at=when, text="A call of both", contact_ids=("c-1", "c-9")),
        ]
    )
    assert db.session.get(ContactRow, (connection.id, "c-1")) is None
    assert db.session.get(ContactRow, (connection.id, "c-9")).name == "Otto Falk"
    assert db.session.get(ActivityRow, (connection.id, "a-1")) is None
    rows = db.session.scalars(select(Participant.contact_id).where(Participant.record_id == "a-2")).all()
    assert rows == ["c-9"]
