"""What people are told is there, is there; and what is there, they are told of."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from crm_ext.cli import cli
from crm_ext.cli.reference import leaves
from crm_ext.config import PREFIX, Config
from crm_ext.sync import registry
from tests.structure.tree import ROOT, files, read

DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
CONNECTORS = registry.connectors()
LINK = re.compile(r"(?<!\\)\]\(([^)#:\s]+)(?:#[^)]*)?\)")
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b")
QUOTED = re.compile(r"^(?:    |\$ )?crm-ext (?=[a-z])(.+)$|`crm-ext ([a-z][^`\n]*)`", re.MULTILINE)


ROOT_CONTEXT = click.Context(cli, info_name="crm-ext", **cli.context_settings)
COMMANDS = {context.command_path: context.command for context in leaves(cli, ROOT_CONTEXT)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()] == []


def test_every_page_can_be_reached_from_the_index() -> None:
    known = {(DOCS / link).resolve() for link in LINK.findall((DOCS / "index.md").read_text("utf-8"))}
    assert {page for page in DOCS.rglob("*.md") if page.name != "index.md"} - known == set()


def test_every_variable_is_described() -> None:
    said = VARIABLE.findall(read(DOCS / "operations.md")) + VARIABLE.findall(read(DOCS / "development.md"))
    used = {name for path in files() if path.suffix != ".md" for name in VARIABLE.findall(read(path))}
    assert used - set(said) == set()
    assert {f"{PREFIX}{each.name.upper()}" for each in fields(Config)} <= set(said)


@pytest.mark.parametrize("slug", CONNECTORS)
def test_every_setting_of_a_connector_stands_on_its_page(slug: str) -> None:
    page = read(DOCS / "connectors" / f"{slug}.md")
    assert {each.name for each in CONNECTORS[slug].settings if f"`{each.name}`" not in page} == set()


@pytest.mark.parametrize("slug", CONNECTORS)
def test_every_connector_is_put_to_the_contract(slug: str) -> None:
    cases = [
        path
        for path in (ROOT / "tests" / "connectors").rglob("*.py")
        if slug in path.relative_to(ROOT).as_posix() and "connector_api.testing" in read(path)
    ]
    assert cases, f"tests/connectors has no contract case for {slug}"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_does(path: str) -> None:
    assert COMMANDS[path].help


def test_the_page_of_commands_is_up_to_date() -> None:
    """Asked in a process of its own: a command keeps the help option of whoever asks it first."""
    told = subprocess.run(
        [sys.executable, "-m", "crm_ext", "reference"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(f"## {path}\n" in told for path in COMMANDS)
    assert read(DOCS / "commands.md") == told, "run: make docs"


def quoted() -> Iterator[str]:
    for page in PAGES:
        for found in QUOTED.finditer(page.read_text("utf-8")):
            yield (found[1] or found[2]).partition(" #")[0].strip()


@pytest.mark.parametrize("line", sorted(set(quoted())))
def test_a_quoted_command_exists(line: str) -> None:
    """The words lead to a command, and it knows the options."""
    command, words = ROOT_CONTEXT.command, shlex.split(line)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(ROOT_CONTEXT, words[0])
        assert inner, f"{words[0]!r} is not among {command.list_commands(ROOT_CONTEXT)}"
        command, words = inner, words[1:]
    known = {name for each in command.params for name in each.opts} | {"--help", "--version"}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_quoted_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", read(page), re.MULTILINE)) <= targets
