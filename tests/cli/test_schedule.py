"""Schedules on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def crm(instance: Run, export: Path) -> Run:
    assert instance("connection", "add", "crm", "--connector", "folder", "--set", f"path={export}").code == 0
    return instance


def test_set_shown_changed_and_off(crm: Run) -> None:
    assert crm("schedule", "crm", "--every", "15m", "--quiet", "22:00-06:00").code == 0
    told = crm("schedule", "crm", "--json").json
    assert (told["every"], told["cron"], told["quiet"]) == ("15m", "", "22:00-06:00")
    assert told["next_at"]
    assert crm("schedule", "crm", "--cron", "0 6 * * 1-5", "--json").json["quiet"] == "22:00-06:00"
    assert crm("schedule", "crm", "--quiet", "off", "--json").json["cron"] == "0 6 * * 1-5"
    shown = crm("connection", "show", "crm", "--json").json["schedule"]
    assert (shown["cron"], shown["quiet"]) == ("0 6 * * 1-5", "")
    assert crm("schedule", "crm", "--off", "--json").json["next_at"] is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--every", "soon"), 1, "no interval"),
        (("--every", "1h", "--cron", "0 * * * *"), 1, "not both"),
        (("--off", "--every", "1h"), 2, "stands alone"),
    ],
)
def test_wrong_use(crm: Run, words: tuple[str, ...], code: int, said: str) -> None:
    told = crm("schedule", "crm", *words)
    assert (told.code, said in told.err) == (code, True)
