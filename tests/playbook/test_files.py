"""One file is import and export, and no file whatever makes more than findings."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from crm_ext.annotate import annotate
from crm_ext.playbook import BadPlaybook, build, load
from crm_ext.playbook.files import FOLDER, parsed, read, written
from crm_ext.reading import load as reader_of
from crm_ext.reading.cues import cues_of
from tests.annotate.histories import AS_OF, IN, event, history

HISTORY = history(
    event(40, "meeting", "approval_with_reasons"),
    event(20, "order", amount=40.0),
    event(9, "complaint", "complaint_made", direction=IN),
)
JUNK: tuple[Any, ...] = (
    None,
    "",
    "x" * 3000,
    "{0.a}",
    "}{",
    -1,
    0,
    1e300,
    True,
    [],
    {},
    [1],
    {"en": "a", "zh": ""},
    float("inf"),
)


@pytest.mark.parametrize("name", ["book.yaml", "book.json"])
def test_what_is_exported_is_what_is_imported(tmp_path: Path, name: str) -> None:
    shipped = read(FOLDER)
    path = tmp_path / name
    path.write_text(written(shipped, name), encoding="utf-8")
    assert read(path) == shipped
    book = load(path)
    assert book.version == load().version
    assert cues_of(book).version == cues_of(load()).version


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"- 1", "b.yaml", "b.yaml: sections by name are expected"),
        (b"a: 1\na: 2", "b.yaml", "a stands there twice in line 1"),
        (b'{"a": 1, "a": 2}', "b.json", "a stands there twice"),
        (b"a: &x 1\nb: *x", "b.yaml", "aliases"),
        (b"a: !!python/object/apply:os.system [ls]", "b.yaml", "could not determine a constructor"),
        (b"\xff\xfe\xfa", "b.yaml", "utf-8"),
        (b"[" * 100_000, "b.json", "b.json: "),
        (b"{", "b.yaml", "b.yaml: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes, name: str, told: str) -> None:
    with pytest.raises(BadPlaybook, match=told):
        parsed(content, name)


def test_findings_of_one_file_name_it(tmp_path: Path) -> None:
    documents = copy.deepcopy(read(FOLDER))
    documents["tactics"]["tactics"][0]["days"] = "soon"
    documents["dreams"] = []
    del documents["loss"]
    path = tmp_path / "mine.yaml"
    path.write_text(written(documents, path.name), encoding="utf-8")
    with pytest.raises(BadPlaybook) as error:
        load(path)
    assert error.value.findings == (
        "mine.yaml, dreams: a playbook has no such part.",
        "mine.yaml, loss: missing.",
        "mine.yaml, tactics, item 1 (phone_call), days: Not a valid integer.",
    )


def places(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    return [path, *(place for key, inner in pairs for place in places(inner, (*path, key)))]


def refusal(documents: dict[str, Any]) -> tuple[str, ...]:
    try:
        build(documents)
    except BadPlaybook as error:
        return error.findings
    return ()


def test_junk_anywhere_is_refused_or_can_be_judged_with() -> None:
    """Whatever stands in a file, building it says what is wrong or makes a playbook that works."""
    chance, shipped, refused = random.Random(5), read(FOLDER), 0
    everywhere = [place for place in places({key: value for key, value in shipped.items() if key != "cues"}) if place]
    for _ in range(50):
        documents = copy.deepcopy(shipped)
        *path, last = chance.choice(everywhere)
        inner: Any = documents
        for step in path:
            inner = inner[step]
        if chance.random() < 0.3:
            del inner[last]
        else:
            inner[last] = copy.deepcopy(chance.choice(JUNK))
        findings = refusal(documents)
        refused += bool(findings)
        assert all(".yaml" in each for each in findings), findings
        if not findings:
            annotate(HISTORY, build(documents), AS_OF)
    assert 20 < refused < 50


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("words", "en", "say"), 3, r"cues.yaml, words.value.en|cues.yaml, words.en"),
        (("context", "zh", "negation"), None, "cues.yaml, context"),
        (("rules", "trade"), {"no_such_signal": {"en": "a b"}}, "there is no signal 'no_such_signal'"),
        (("outweighs", "text"), {"a": "b"}, "cues.yaml, outweighs"),
    ],
)
def test_cues_of_another_shape_are_refused(path: tuple[str, ...], value: object, told: str) -> None:
    documents = copy.deepcopy(read(FOLDER))
    inner = documents["cues"]
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(BadPlaybook, match=told):
        build(documents)


def test_other_cues_make_another_reader() -> None:
    documents = copy.deepcopy(read(FOLDER))
    documents["cues"]["rules"]["complaint"]["lacks_need"]["en"] += "\nquotidian tally"
    changed = build(documents)
    assert reader_of(changed).version != reader_of(load()).version
