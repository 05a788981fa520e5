"""`crm-ext annotate`: one annotation a line, in order, whatever stands in the file."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from crm_ext.annotate.timeline import BadTimeline, parse
from crm_ext.cli.annotate import annotate

GOOD = {
    "id": "a",
    "language": "en",
    "events": [
        {"type": "order", "direction": "inbound", "at": "2026-01-01", "amount": 5},
        {
            "type": "martian",
            "direction": "sideways",
            "at": "2026-02-01T10:00:00Z",
            "text": "He wants us to ring again.",
        },
    ],
}


def run(tmp_path: Path, *lines: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    file = tmp_path / "timelines.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    result = CliRunner().invoke(annotate, [str(file), "--as-of", "2026-06-30", *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_bad_line_stands_in_its_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = json.dumps({"id": "b", "events": [{"type": "call"}]})
    found = run(tmp_path, json.dumps(GOOD), "not json", bad, "[" * 100_000, "7", json.dumps({**GOOD, "id": "z"}))
    assert [each["id"] for each in found] == ["a", None, "b", None, None, "z"]
    assert "events[0].at" in found[2]["error"]
    assert found[0]["stage"] == 1


def test_several_workers_give_the_same_in_the_same_order(tmp_path: Path) -> None:
    lines = [json.dumps({**GOOD, "id": str(i)}) for i in range(450)]
    assert run(tmp_path, *lines, options=("--workers", "2")) == run(tmp_path, *lines)


def test_texts_in_the_language_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, json.dumps(GOOD), options=("--lang", "zh"))[0]["tactics"][0]["text"] == "打个电话"


def test_as_of_that_is_no_date_is_said(tmp_path: Path) -> None:
    file = tmp_path / "none.jsonl"
    file.write_text("", "utf-8")
    result = CliRunner().invoke(annotate, [str(file), "--as-of", "soon"])
    assert isinstance(result.exception, BadTimeline)


KEYS = (
    "id",
    "events",
    "contact",
    "type",
    "at",
    "amount",
    "signals",
    "text",
    "kind",
    "closed_at",
    "start",
    "confidence",
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@given(json_values)
def test_no_json_raises_anything_else(value: Any) -> None:
    with suppress(BadTimeline):
        assert parse(value).id


@pytest.mark.parametrize("field", ["id", "language", "contact", "events"])
def test_a_field_of_the_wrong_kind_is_named(field: str) -> None:
    with pytest.raises(BadTimeline, match=field):
        parse({**GOOD, field: [{"x": 1}] if field == "id" else 3.5})
