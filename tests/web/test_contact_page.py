from __future__ import annotations

import re
from html import unescape

import pytest

from crm_ext.store import db
from crm_ext.store.models import AnnotationRow, ContactRow, Override
from tests import factories

ZH = {"Accept-Language": "zh-CN"}


@pytest.fixture
def sample(app):
    return factories.sample()


@pytest.fixture
def admin(sample, signed_in):
    return signed_in("admin")


def words(answer) -> str:
    """The page's text as a reader meets it."""
    assert answer.status_code == 200
    main = answer.text.split("<main")[1].split(">", 1)[1]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def contact(key: str) -> ContactRow:
    return db.session.get(ContactRow, {"connection_id": 1, "external_id": key})


def test_the_page_tells_stage_trust_step_and_evidence(admin):
    page = words(admin.get("/contacts/1/c-1"))
    for said in ("Clara Winslow", "Head of purchasing · Harbour Mills", "looked after by Mia Hollis"):
        assert said in page
    for heading in ("Stage", "Trust", "Next step", "Evidence", "In the CRM", "It worked when"):
        assert heading in page


def test_the_weights_shown_add_up_to_the_level_shown(admin):
    text = admin.get("/contacts/1/c-1").text
    level = float(re.search(r"add up to ([\d.]+)", text)[1])
    weights = re.findall(r'class="weight">([^<]+)<', text)
    assert level == contact("c-1").trust_level > 0
    assert round(sum(float(weight.replace("−", "-")) for weight in weights), 1) == level


def test_the_current_stage_is_marked_on_the_path(admin):
    text = admin.get("/contacts/1/c-1").text
    places = re.findall(r'<li class="(past|here|ahead)"', text)
    assert len(places) == 4
    assert places.index("here") == contact("c-1").stage - 1
    assert text.count('aria-current="step"') == 1


def test_evidence_names_the_record_it_comes_from(admin):
    assert re.search(r"Deal c-1-d\d", words(admin.get("/contacts/1/c-1")))


def test_not_enough_evidence_is_an_answer(admin):
    page = words(admin.get("/contacts/1/c-5"))
    assert "Not enough evidence" in page
    assert "Log one contact" in page
    assert "Nothing in the records speaks for or against trust yet." in page


def test_alerts_say_why_and_when_they_clear(admin):
    page = words(admin.get("/contacts/1/c-4"))
    assert "A complaint about us is not settled" in page
    assert "It clears when" in page


def test_a_persons_word_stands_beside_the_machines(admin):
    said = {"value": "alliance", "reason": "Old friend", "actor": "mia@example.com"}
    db.session.add(Override(connection_id=1, contact_id="c-2", field="crm_ext_stage", **said))
    db.session.commit()
    page = words(admin.get("/contacts/1/c-2"))
    assert "mia@example.com says: Alliance · Old friend" in page
    assert "Acquaintance After a first contact" in page


def test_a_contact_that_was_only_read_says_so(admin):
    db.session.execute(db.delete(AnnotationRow))
    row = contact("c-2")
    row.trust_level = row.stage = None
    db.session.commit()
    assert "Waiting for the first judgement" in words(admin.get("/contacts/1/c-2"))


def test_what_customers_wrote_is_text_and_never_markup(app, signed_in):
    book = factories.Book(factories.connection())
    book.person("x", '<script>alert("x")</script>', title="<b>boss</b>", company="<i>firm</i>")
    db.session.commit()
    book.judge()
    visitor = signed_in("admin")
    for address in ("/contacts/1/x", "/contacts/"):
        text = visitor.get(address).text
        assert not any(each in text for each in ("<script>alert", "<b>boss", "<i>firm"))


@pytest.mark.parametrize("key", ["a/b", "a b", "..", ".", "客户/1", "50%", "~7E", "x?y#z", "a//b/", "'\""])
def test_ids_of_any_shape_have_an_address(app, signed_in, key):
    book = factories.Book(factories.connection())
    book.person(key, "Odd Id")
    db.session.commit()
    book.judge()
    visitor = signed_in("admin")
    address = re.search(r'class="row-link" href="([^"]+)"', visitor.get("/contacts/").text)[1]
    assert "Odd Id" in words(visitor.get(unescape(address)))


@pytest.mark.parametrize("address", ["/contacts/1/c-3", "/contacts/", "/", "/runs/", "/connections/", "/password"])
def test_in_chinese_no_english_sentence_is_left(admin, address):
    """Beside what was written to the CRM, which is in the language of the installation."""
    answer = admin.get(address, headers=ZH)
    page = words(answer)
    for note in re.findall(r'class="note">([^<]+)<', answer.text):
        page = page.replace(" ".join(unescape(note).split()), "")
    assert re.findall(r"\b[a-z]+ [a-z]+ [a-z]+\b", page) == []
