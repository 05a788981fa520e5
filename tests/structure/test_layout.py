"""The tree: what lies at the top, what is packaged, what git ignores."""

from __future__ import annotations

import re
import sys
from configparser import ConfigParser
from importlib.metadata import EntryPoint, packages_distributions

import click
import pytest

from tests.structure.tree import OURS, ROOT, files, modules

TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "babel.cfg", "connectors", "crm_ext",
    "docs", "pyproject.toml", "setup.cfg", "templates", "tests",
}  # fmt: skip
PARTS = {"connectors", "structure", "doubles", "bench", "chaos", "packaging", "browser", "validate", "gold"}


@pytest.fixture(scope="module")
def setup() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", "utf-8")
    return parser


def listed(setup: ConfigParser) -> set[str]:
    return set(setup["options"]["packages"].split())


def test_nothing_else_lies_at_the_top() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in files()} <= TOP


def test_every_package_is_listed(setup: ConfigParser) -> None:
    packages = {path.parent for top in OURS for path in (ROOT / top).rglob("__init__.py")}
    names = {".".join(path.relative_to(ROOT).parts) for path in packages}
    mapped = {line.split("=")[0].strip() for line in setup["options"]["package_dir"].strip().splitlines()}
    assert listed(setup) == names | mapped


def test_no_folder_of_ours_lacks_an_init() -> None:
    """Python would import it all the same, as a namespace, and the wheel would leave it out."""
    stray = {
        module.where
        for module in modules()
        if not (module.path.parent / "__init__.py").is_file() and "migrations" not in module.path.parts
    }
    assert stray == set()


def test_every_library_is_declared(setup: ConfigParser) -> None:
    """What the product imports must come with it; the test kit for connectors comes with the extra `testing`."""
    needed = setup["options"]["install_requires"] + setup["options.extras_require"]["testing"]
    declared = {re.split(r"[>=\[]", line)[0].lower().replace("_", "-") for line in needed.split()}
    homes = {top: {name.lower().replace("_", "-") for name in names} for top, names in packages_distributions().items()}
    imported = {target.split(".")[0] for module in modules() for target, _ in module.imports()}
    foreign = imported - set(sys.stdlib_module_names) - {"crm_ext", "connectors"}
    assert {name for name in foreign if not homes.get(name, set()) & declared} == set()


def test_tests_mirror_the_package() -> None:
    parts = {path.relative_to(ROOT).parts[1] for path in files() if path.relative_to(ROOT).parts[0] == "tests"}
    folders = {each for each in parts if not each.endswith(".py")}
    assert folders <= {path.name for path in (ROOT / "crm_ext").iterdir()} | PARTS


def test_entry_points_lead_somewhere(setup: ConfigParser) -> None:
    for group, lines in setup["options.entry_points"].items():
        for line in lines.strip().splitlines():
            name, _, value = (each.strip() for each in line.partition("="))
            loaded = EntryPoint(name, value, group).load()
            assert isinstance(loaded, click.Group) if group == "flask.commands" else callable(loaded)


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert next(line for line in lines if line.startswith("## ")) == "## Unreleased"


def test_the_build_file_stays_small(setup: ConfigParser) -> None:
    """pyproject.toml holds the build system, ruff and bandit; everything else stands in setup.cfg."""
    heads = {line for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines() if line.startswith("[")}
    assert all(head == "[build-system]" or head.startswith(("[tool.ruff", "[tool.bandit")) for head in heads)
    assert {"metadata", "options", "tool:pytest", "mypy"} <= set(setup.sections())
