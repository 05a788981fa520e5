"""The Chinese catalogue is whole, and the compiled one is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from crm_ext.paths import translations_folder
from crm_ext.web.extraction import all_texts

ROOT = Path(__file__).resolve().parents[2]
GAP = re.compile(r"%\(\w+\)s")
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (translations_folder() / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="zh")


def sources() -> Iterator[str]:
    methods = [("crm_ext/web/**.py", "python"), ("templates/**.html", "jinja2")]
    for found in extract_from_dir(ROOT, methods, keywords=KEYWORDS):
        yield found[2]
    yield from all_texts()


def test_every_text_has_its_chinese(catalogue):
    assert sorted({text for text in sources() if not (catalogue.get(text) and catalogue.get(text).string)}) == []


def test_nothing_is_translated_that_nobody_says(catalogue):
    assert sorted({message.id for message in catalogue if message.id} - set(sources())) == []


def test_gaps_are_the_same_in_both_languages(catalogue):
    assert [m.id for m in catalogue if m.id and set(GAP.findall(m.id)) != set(GAP.findall(m.string))] == []


def test_the_compiled_catalogue_is_up_to_date(catalogue):
    with (translations_folder() / "zh" / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    assert {m.id: m.string for m in compiled if m.id} == {m.id: m.string for m in catalogue if m.id}
