"""`crm-ext diagnose …` as a user calls it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from crm_ext.cli import cli

LINE = {
    "id": "c-1",
    "language": "zh",
    "as_of": "2026-06-30",
    "contact": {"name": "王芳", "kind": "individual", "title": "采购经理"},
    "events": [
        {"type": "meeting", "direction": "mutual", "at": "2026-06-01", "text": "见面聊了产品", "signals": []},
        {"type": "call", "direction": "inbound", "at": "2026-06-11", "text": "还有更急的事", "signals": ["lacks_need"]},
    ],
}


def run(*args, given=LINE):
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return CliRunner().invoke(cli, ["diagnose", *args], input=text)


@pytest.mark.parametrize("command", ["no-purchase", "no-referral", "tension", "loss"])
def test_each_question_gives_one_document_with_a_row_per_contact(command):
    done = run(command, "--json")
    assert done.exit_code == 0, done.output
    assert [each["id"] for each in json.loads(done.output)] == ["c-1"]


def test_the_answer_comes_in_the_lines_language_unless_asked_otherwise():
    assert "没有需要" in run("no-purchase").output
    assert "no need" in run("no-purchase", "--lang", "en").output


def test_a_date_given_wins():
    found = json.loads(run("no-purchase", "--as-of", "2026-06-05", "--json").output)
    assert (found[0]["as_of"], found[0]["cause"]["id"]) == ("2026-06-05", "trust")


def test_an_account_is_made_of_all_lines():
    lines = "\n".join(json.dumps({**LINE, "id": each}) for each in ("a", "b"))
    found = json.loads(run("account", "--share", "0.1", "--json", given=lines).output)
    assert (found["stage"]["id"], found["engaged"], found["single_thread"]) == ("development", 2, False)


def test_a_draft_is_checked_from_standard_input():
    done = run("desk", "check", "--lang", "zh", "--json", given="您肯定是弄错了，我们明天给您换。")
    found = json.loads(done.output)
    assert [each["id"] for each in found["findings"]] == ["you_are_mistaken"]
    assert found["rewrite"].startswith("我们再一起核对一下")
    assert len(found["warnings"]) == 2
    assert run("desk", "check", given="We will look into it.").exit_code == 0


@pytest.mark.parametrize("given", ["no json", '{"events": []}', '{"id": "x", "events": [{"at": "yesterday"}]}'])
def test_a_bad_line_is_named_and_nothing_else_is_printed(given):
    done = run("no-purchase", "--json", given=json.dumps(LINE) + "\n" + given)
    assert done.exit_code == 1
    assert "Line 2" in done.stderr
    assert done.stdout == ""


def test_a_stored_contact_is_asked_about_by_its_id(instance, export):
    (export / "companies.csv").write_text("Company ID,Name\nk1,Brook & Sons\n", encoding="utf-8")
    instance("connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
    assert instance("sync", "book", "--no-push").code == 0
    told = instance("diagnose", "no-purchase", "--connection", "book", "1", "--json")
    assert (told.code, [each["id"] for each in told.json]) == (0, ["1"])
    assert instance("diagnose", "account", "--connection", "book", "k1", "--json").json["engaged"] == 0
    assert instance("diagnose", "effort", "--connection", "book", "--json").json[0]["contacts"] == 2
    assert "no contact 'x'" in instance("diagnose", "loss", "--connection", "book", "x").err
    assert instance("diagnose", "loss", "--connection", "book").code == 2
    assert instance("diagnose", "loss", "--connection", "other", "1").code == 1
