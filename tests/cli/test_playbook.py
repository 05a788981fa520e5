"""`crm-ext playbook …` as an admin calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def method(instance: Run, tmp_path: Path) -> Path:
    """The exported playbook with a version of its own and one thing changed."""
    path = tmp_path / "method.yaml"
    assert instance("playbook", "export", str(path)).out == f"Wrote {path}.\n"
    text = path.read_text("utf-8")
    assert 'version: "2026.1"' in text or "version: '2026.1'" in text
    text = text.replace("'2026.1'", '"2026.2"', 1).replace('"2026.1"', '"2026.2"', 1)
    path.write_text(text.replace("avoids_shown: 4", "avoids_shown: 2"), encoding="utf-8")
    return path


@pytest.fixture
def synced(instance: Run, export: Path) -> Run:
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
    assert instance("sync", "book", "--no-push").code == 0
    return instance


def test_a_change_from_export_to_rollback(synced: Run, method: Path) -> None:
    assert synced("playbook", "check", str(method)).out.startswith("Playbook 2026.2 is sound")
    assert "method.parameters.avoids_shown: 4 → 2" in synced("playbook", "diff", str(method)).out
    told = synced("playbook", "preview", str(method), "--connection", "book", "--json").json
    assert (told["contacts"], told["changed"]) == (2, 0)
    assert synced("playbook", "publish", str(method), "--note", "Less to avoid").out.startswith("Published 2026.2: 2")
    found = synced("playbook", "list", "--json").json
    assert [(each["version"], each["active"], each["note"]) for each in found] == [
        ("2026.2", True, "Less to avoid"),
        ("2026.1", False, ""),
    ]
    assert synced("sync", "book", "--no-push", "--json").json["annotated"] == 2
    assert synced("playbook", "diff", str(method), "--json").json == []
    assert synced("playbook", "rollback", "2026.1").code == 0
    assert synced("playbook", "list").out.splitlines()[1].startswith("2026.1\tactive, shipped")


def test_json_goes_out_and_comes_in(instance: Run, tmp_path: Path) -> None:
    path = tmp_path / "method.json"
    instance("playbook", "export", str(path))
    assert instance("playbook", "check", str(path), "--json").json["findings"] == []
    assert instance("playbook", "diff", str(path)).out == "Nothing differs.\n"
    assert instance("playbook", "export", "-").out.startswith("accounts:")


def test_a_bad_file_is_refused_with_place_and_fix(instance: Run, method: Path) -> None:
    method.write_text(method.read_text("utf-8").replace("tactic: rush_to_site", "tactic: run_away"), encoding="utf-8")
    told = instance("playbook", "check", str(method))
    assert told.code == 1
    assert "method.yaml, steps, " in told.out
    assert "there is no tactic 'run_away'" in told.out
    assert told.err.count("\n") == 1
    published = instance("playbook", "publish", str(method))
    assert (published.code, "run_away" in published.err, published.err.count("\n")) == (1, True, 1)
    assert [each["version"] for each in instance("playbook", "list", "--json").json] == ["2026.1"]


def test_cues_that_cannot_be_read_are_refused(instance: Run, method: Path) -> None:
    method.write_text(method.read_text("utf-8").replace("$signed .. $mechanism", "$nowhere .. $mechanism"), "utf-8")
    told = instance("playbook", "publish", str(method))
    assert told.code == 1
    assert "nowhere" in told.err


def test_wrong_use_is_said(instance: Run, method: Path) -> None:
    assert instance("playbook", "rollback", "1999.1").code == 1
    assert instance("playbook", "check", "nothing.yaml").code == 2
    assert instance("playbook", "preview", str(method), "--connection", "none").code == 1
