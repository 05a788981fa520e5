"""A connector's first files, and what is still missing in one."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from crm_ext.connector_api import Connector, Stream
from crm_ext.errors import Conflict, CrmExtError

SKELETON: Mapping[str, str] = {
    "connectors/{slug}.py": "connector.py.txt",
    "tests/doubles/{slug}.py": "double.py.txt",
    "tests/connectors/{slug}/test_contract.py": "test_contract.py.txt",
    "docs/connectors/{slug}.md": "page.md.txt",
}
SECTIONS = (
    "Access",
    "What is read",
    "What is written",
    "Limits",
    "Settings",
    "What it cannot do",
    "When something goes wrong",
)
"""Headings that the page of every connector has."""
SLUG = re.compile(r"[a-z][a-z0-9_]*")
UNFILLED = re.compile(r'NotImplementedError\(\s*f?"([^"]+)"')
TO_FILL = "To be filled: "
REASON = re.compile(r"^(?:FAILED|ERROR) \S+(?: - (.*))?$", re.MULTILINE)
LONGEST_TRIAL = 600.0


def write(slug: str, folder: Path) -> list[Path]:
    """Write a connector's first files; raises before the first one where one of them exists."""
    if not SLUG.fullmatch(slug):
        raise CrmExtError(
            f"{slug!r} is no name for a connector.", fix="Use lower-case letters, digits and _, a letter first."
        )
    names = {"slug": slug, "name": slug.title().replace("_", "")}
    paths = {folder / each.format(slug=slug): template for each, template in SKELETON.items()}
    if there := [str(each) for each in paths if each.exists()]:
        raise Conflict(f"{there[0]} exists already; nothing was written.", fix="Choose another name, or move it away.")
    for path, template in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (files("crm_ext.cli") / "skeleton" / template).read_text("utf-8")
        path.write_text(Template(text).substitute(names), "utf-8")
    return list(paths)


def missing(kind: type[Connector], folder: Path, *, trial: bool = True) -> Iterator[tuple[str, str]]:
    """What a connector lacks, as (where, sentence). `folder` holds its tests and its page; `trial` runs the tests."""
    yield from (("code", each) for each in _unfilled(kind))
    yield from (("capabilities", each) for each in _promised(kind))
    yield from _page(kind, folder)
    tests = _tests(kind, folder)
    if not tests:
        yield "tests", f"No file below {folder / 'tests'} puts {kind.__name__} to the contract: subclass ContractSuite."
    for path in tests:
        yield from (("tests", f"{path.name}: {each}") for each in UNFILLED.findall(path.read_text("utf-8")))
    if tests and trial:
        yield from (("tests", each) for each in _tried(tests, folder))


def _unfilled(kind: type[Connector]) -> Iterator[str]:
    """Sentences that methods raise until they are written, in the connector's module or anywhere in its package."""
    home = Path(inspect.getfile(kind))
    package = kind.__module__.startswith("connectors.") and home.parent.name == kind.slug
    for path in sorted(home.parent.glob("*.py")) if package else (home,):
        yield from UNFILLED.findall(path.read_text("utf-8"))


def _promised(kind: type[Connector]) -> Iterator[str]:
    able = kind.capabilities
    if Stream.CONTACTS not in able.streams:
        yield "The streams must hold contacts: everything else is about them."
    if able.push_batch < 1:
        yield "push_batch must say how many rows one write takes."
    for flag, method in (("webhooks", "changes"), ("cards", "card")):
        written = getattr(kind, method) is not getattr(Connector, method)
        if getattr(able, flag) != written:
            yield f"{flag} is {getattr(able, flag)}, but `{method}` is {'written' if written else 'not'}."
    for each in kind.settings:
        if not each.label:
            yield f"The setting {each.name!r} needs a label."


def _page(kind: type[Connector], folder: Path) -> Iterator[tuple[str, str]]:
    page = folder / "docs" / "connectors" / f"{kind.slug}.md"
    if not page.is_file():
        yield "page", f"{page} is missing."
        return
    text = page.read_text("utf-8")
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    yield from (("page", f"The section {each!r} is missing.") for each in SECTIONS if each not in titles)
    for title, body in re.findall(r"^## (.*)\n([^#]*)", text, re.MULTILINE):
        if TO_FILL in body:
            yield "page", f"{title}: {body[body.index(TO_FILL) + len(TO_FILL) :].splitlines()[0]}"
    yield from (
        ("page", f"The setting {each.name!r} is not described.")
        for each in kind.settings
        if f"`{each.name}`" not in text
    )
    index = folder / "docs" / "index.md"
    if index.is_file() and f"{kind.slug}.md" not in index.read_text("utf-8"):
        yield "page", f"{index} does not lead to it."


def _tests(kind: type[Connector], folder: Path) -> list[Path]:
    """The files that put the connector to the contract."""
    called = re.compile(rf"\b{kind.__name__}\b|\b{kind.slug}\b")
    found = ((path, path.read_text("utf-8")) for path in sorted((folder / "tests").rglob("test_*.py")))
    return [path for path, text in found if "ContractSuite" in text and called.search(text)]


def _tried(tests: list[Path], folder: Path) -> list[str]:
    """What the contract says of the connector's fields, in a process of its own: a sentence for each check that fails.

    Raises CrmExtError where there is no pytest.
    """
    if find_spec("pytest") is None:
        raise CrmExtError("The contract needs pytest.", fix="Install it with: pip install 'crm-ext[testing]'")
    words = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider", *map(str, tests)]
    words += ["-k", "test_contract and (every_field or described or settings_named)"]
    environment = {**os.environ, "COLUMNS": "1000"}
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST_TRIAL
    )
    said = [each.partition(": ")[2] or each for each in REASON.findall(done.stdout)]
    unclear = [" ".join((done.stderr or done.stdout).split())[-300:]] if done.returncode and not said else []
    return list(dict.fromkeys(said + unclear))
