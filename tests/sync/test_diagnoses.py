"""Diagnoses of what is stored: the same answers as for a file, with the CRM's records behind the quotes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_ext.annotate.causes import Diagnosis
from crm_ext.annotate.desk import Case
from crm_ext.domain.events import RecordRef
from crm_ext.domain.records import Stream
from crm_ext.errors import NotFound
from crm_ext.store.models import Connection
from crm_ext.sync import diagnoses
from tests.sync.conftest import Book, Sync, table

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def stored(book: Book, connection: Connection, sync: Sync) -> Connection:
    book.activities["a4"] = {
        "Type": "call",
        "Direction": "inbound",
        "Date": "2026-10-05",
        "Contact": "c1",
        "Notes": "还有更急的事",
    }
    book.activities["a5"] = {
        "Type": "complaint",
        "Direction": "inbound",
        "Date": "2026-10-06",
        "Contact": "c2",
        "Notes": "The pump broke after a day.",
    }
    book.activities["a6"] = {
        **book.activities["a4"],
        "Type": "meeting",
        "Date": "2026-10-04",
        "Notes": "Showed the pump.",
    }
    for contact in book.contacts.values():
        contact["Company ID"] = "k1"
    table(book.folder / "companies.csv", "Company ID", {"k1": {"Name": "Brook & Sons"}})
    book.write()
    sync()
    return connection


def test_why_no_purchase_quotes_the_record(stored: Connection) -> None:
    found = diagnoses.of_contact("no_purchase", stored, "c1", AS_OF)
    assert isinstance(found, Diagnosis)
    said = [quote for answer in found.answers for quote in answer.quotes]
    assert RecordRef(Stream.ACTIVITIES, "a4") in {each.record for each in said}
    told = diagnoses.words(found, "en")
    assert told["cause"]["id"] == found.cause
    assert {"stream": "activities", "id": "a4"} in [
        quote["record"] for answer in told["answers"] for quote in answer["quotes"]
    ]


def test_a_complaint_has_its_clock_and_who_never_complained_has_none(stored: Connection) -> None:
    found = diagnoses.of_contact("complaint", stored, "c2", AS_OF)
    assert isinstance(found, Case)
    assert found.open
    assert found.reported_at == datetime(2026, 10, 6, tzinfo=UTC)
    assert diagnoses.of_contact("complaint", stored, "c4", AS_OF) is None
    assert diagnoses.words(None, "en") == {"answer": None}


@pytest.mark.parametrize("question", diagnoses.QUESTIONS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_question_can_be_asked_about_everybody(stored: Connection, question: str, lang: str) -> None:
    for contact in ("c1", "c2", "c3", "c4"):
        assert diagnoses.words(diagnoses.of_contact(question, stored, contact, AS_OF), lang)


def test_a_company_stands_beside_its_people(stored: Connection) -> None:
    found = diagnoses.of_company(stored, "k1", AS_OF, share=0.3)
    assert found.facts["people"] == 4
    assert found.facts["share"] == 0.3
    assert diagnoses.words(found, "zh")["best_person_stage"] == found.best


def test_classes_and_replies(stored: Connection) -> None:
    assert sum(each.contacts for each in diagnoses.of_classes(stored, AS_OF)) == 4
    assert diagnoses.of_reply("That is impossible.", "en").steps == ()


def test_who_was_not_pulled_is_named(stored: Connection) -> None:
    with pytest.raises(NotFound, match="'c9'"):
        diagnoses.of_contact("tension", stored, "c9")
    with pytest.raises(NotFound, match="'k9'"):
        diagnoses.of_company(stored, "k9")
