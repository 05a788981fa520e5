"""The made-up texts: varied, in the contact's language, and none taken from the playbook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

import crm_ext.playbook
from crm_ext.domain.records import Stream
from crm_ext.sample.export import rows
from crm_ext.sample.records import HEADINGS
from crm_ext.sample.world import data

AS_OF = date(2026, 6, 30)
TEXTS = {
    Stream.ACTIVITIES: ("Subject", "Notes"),
    Stream.CASES: ("Subject", "Description"),
    Stream.DEALS: ("Deal name",),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CUT = re.compile(r"[.,;:!?…()\"“”‘|/—–\[\]{}<>+=，。；：！？、（）「」\n]+")
WORDS, SIGNS = 4, 6
"""From how many English words or Chinese signs on a clause counts as a phrase."""


@pytest.fixture(scope="module")
def told() -> list[tuple[str, str]]:
    """(contact, text) of everything that is said in an export of 4,000 contacts."""
    return [
        (str(row[HEADINGS[stream].index("Contact ID")]), str(row[HEADINGS[stream].index(name)]))
        for stream, row in rows(4_000, 3, AS_OF)
        for name in TEXTS.get(stream, ())
    ]


def phrases(text: str) -> Iterator[str]:
    """The clauses of a text that are long enough to be somebody's words, comparable."""
    for clause in CUT.split(text.casefold()):
        words, signs = re.findall(r"[a-z0-9'’]+", clause), CHINESE.findall(clause)
        if len(signs) >= SIGNS:
            yield "".join(signs)
        elif len(words) >= WORDS and not signs:
            yield f" {' '.join(words)} "


def leaves(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(each)


@pytest.fixture(scope="module")
def playbook() -> set[str]:
    """The phrases of the playbook: its data, and the sentences that reading learns from."""
    book = Path(crm_ext.playbook.__file__).parent
    texts = [each for path in book.rglob("*.yaml") for each in leaves(yaml.safe_load(path.read_text("utf-8")))]
    texts += [path.read_text("utf-8") for path in book.rglob("*.txt")]
    found = {phrase for text in texts for phrase in phrases(text)}
    assert len(found) > 1_000
    return found


def test_no_text_repeats_a_phrase_of_the_playbook(told, playbook):
    said = {phrase for _, text in told for phrase in phrases(text)}
    assert said
    everything, book = "\n".join(said), "\n".join(playbook)
    assert {phrase for phrase in playbook if phrase in everything} == set()
    assert {phrase for phrase in said if phrase in book} == set()


def test_each_contact_is_told_in_one_language(told):
    languages: dict[str, set[bool]] = {}
    for contact, text in told:
        if text:
            languages.setdefault(contact.split(";")[0], set()).add(bool(CHINESE.search(text)))
    assert {len(each) for each in languages.values()} == {1}
    chinese = sum(each == {True} for each in languages.values())
    assert 0.3 < chinese / len(languages) < 0.5


def test_texts_vary(told):
    notes = Counter(text for _, text in told if len(text) > 12)
    assert len(notes) > 0.4 * notes.total()
    assert notes.most_common(1)[0][1] < 0.01 * notes.total()


def test_every_slot_is_filled(told):
    assert [text for _, text in told if re.search(r"[{}]|\bNone\b", text)] == []


@pytest.mark.parametrize("name", ["english.yaml", "chinese.yaml"])
def test_there_are_hundreds_of_fragments(name):
    assert sum(map(len, data(name).values())) > 300


def test_both_languages_say_the_same_things():
    assert data("english.yaml").keys() == data("chinese.yaml").keys()


def test_the_export_does_not_tell_what_was_meant():
    words = re.compile(
        r"\b(stage [0-4]|acquaintance|interaction|alliance|stranger)\b|认识阶段|交往|信赖|同盟", re.IGNORECASE
    )
    cells = [str(cell) for _, row in rows(500, 3, AS_OF) for cell in row if not isinstance(cell, datetime)]
    assert [each for each in cells if words.search(each)] == []
