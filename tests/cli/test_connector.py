"""A connector's first files, what is missing in one, and one that comes from a package of somebody else."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_ext.cli import cli
from crm_ext.cli.scaffold import SECTIONS, SKELETON, TO_FILL, missing, write
from crm_ext.connector_api import Connector
from crm_ext.sync import registry
from tests.connector_api.testing.page import BLOCK, PAGE
from tests.services import ROOT

UNTOLD = {"check", "pull", "push", "read_tags", "prepare"}
CONFTEST = """
import connectors, tests.doubles
connectors.__path__.append({folder!r} + "/connectors")
tests.doubles.__path__.append({folder!r} + "/tests/doubles")
"""
INSTALLED = {
    "METADATA": "Metadata-Version: 2.1\nName: our-package\nVersion: 1.0\n",
    "INSTALLER": "pip\n",
    "entry_points.txt": "[crm_ext.connectors]\nshelf = our_package.shelf:Shelf\n",
}
"""What pip leaves beside an installed package."""


def run(*words: str, cwd: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{path}:{ROOT}" if path else str(ROOT), "COLUMNS": "1000"}
    environment |= {"CRM_EXT_HOME": str(cwd / "instance")}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def loaded(path: Path, name: str) -> type[Connector]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    kind: type[Connector] = getattr(module, name)
    return kind


def test_new_writes_what_fails_with_a_sentence_each_until_it_is_filled(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["connector", "new", "north_star", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    for each in SKELETON:
        assert str(tmp_path / each.format(slug="north_star")) in done.output
    (tmp_path / "conftest.py").write_text(CONFTEST.format(folder=str(tmp_path)), "utf-8")
    tried = run(
        "pytest", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", "-k", "test_contract[", "tests", cwd=tmp_path
    )
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+) - (.*)$", tried.stdout, re.MULTILINE)
    assert len(failed) > 20, tried.stdout + tried.stderr
    bare = {name: said for name, said in failed if len(said) < 40}
    assert bare == {}
    said = " ".join(sentence for _, sentence in failed)
    assert {name for name in (*UNTOLD, "expected") if f"{name} must " in said} == {
        *UNTOLD - {"push", "read_tags"},
        "expected",
    }


def test_check_names_everything_that_a_new_connector_lacks(tmp_path: Path) -> None:
    write("north_star", tmp_path)
    kind = loaded(tmp_path / "connectors" / "north_star.py", "NorthStar")
    found = list(missing(kind, tmp_path, trial=False))
    assert {sentence.split()[0] for where, sentence in found if where == "code"} == UNTOLD
    assert [where for where, _ in found].count("page") == len(SECTIONS) - 1
    assert any("every record of the known state" in sentence for where, sentence in found if where == "tests")
    (tmp_path / "docs" / "connectors" / "north_star.md").unlink()
    (tmp_path / "tests" / "connectors" / "north_star" / "test_contract.py").unlink()
    found = list(missing(kind, tmp_path, trial=False))
    assert next(each for where, each in found if where == "page").endswith("is missing.")
    assert next(each for where, each in found if where == "tests").startswith("No file below")


def test_what_is_promised_must_be_written(tmp_path: Path) -> None:
    write("north_star", tmp_path)
    path = tmp_path / "connectors" / "north_star.py"
    path.write_text(path.read_text("utf-8").replace("streams=(Stream.CONTACTS,)", "streams=(), webhooks=True"), "utf-8")
    found = list(missing(loaded(path, "NorthStar"), tmp_path, trial=False))
    said = [sentence for where, sentence in found if where == "capabilities"]
    assert len(said) == 2
    assert "webhooks is True, but `changes` is not." in said


def test_new_never_overwrites(tmp_path: Path) -> None:
    write("north_star", tmp_path)
    page = tmp_path / "docs" / "connectors" / "north_star.md"
    page.write_text("mine", "utf-8")
    done = CliRunner().invoke(cli, ["connector", "new", "north_star", "--folder", str(tmp_path)])
    assert (done.exit_code, page.read_text("utf-8")) == (1, "mine")
    assert "exists already" in done.output
    assert CliRunner().invoke(cli, ["connector", "new", "North-Star", "--folder", str(tmp_path)]).exit_code == 1


@pytest.mark.parametrize("slug", registry.connectors())
def test_our_own_connectors_lack_nothing(slug: str) -> None:
    assert list(missing(registry.connector(slug), ROOT, trial=False)) == []


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of somebody's package with the connector of the docs page, and the place where it is installed."""
    folder = tmp_path_factory.mktemp("foreign")
    code = dict(BLOCK.findall(PAGE.read_text("utf-8")))
    write("shelf", folder)
    for each in ("connectors/shelf.py", "tests/doubles/shelf.py"):
        (folder / each).unlink()
    site = folder / "site"
    for name, text in INSTALLED.items():
        path = site / "our_package-1.0.dist-info" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (site / "our_package").mkdir()
    (site / "our_package" / "__init__.py").touch()
    (site / "our_package" / "shelf.py").write_text(code["connectors/shelf"], "utf-8")
    contract = code["tests/connectors/shelf/test_contract"].replace("connectors.shelf", "our_package.shelf")
    (folder / "tests" / "connectors" / "shelf" / "test_contract.py").write_text(contract, "utf-8")
    page = folder / "docs" / "connectors" / "shelf.md"
    text = page.read_text("utf-8").replace(TO_FILL, "Here stands ")
    page.write_text(text.replace("| `token` |", "| `page_size` | rows | 100 |\n| `token` |"), "utf-8")
    return folder, str(site)


def test_a_connector_of_another_package_is_found_and_listed(foreign: tuple[Path, str]) -> None:
    folder, site = foreign
    told = json.loads(run("crm_ext", "connectors", "--json", cwd=folder, path=site).stdout)
    (shelf,) = [each for each in told if each["slug"] == "shelf"]
    assert [each["name"] for each in shelf["settings"]][:3] == ["base_url", "token", "page_size"]


def test_a_connector_of_another_package_is_put_to_the_same_test(foreign: tuple[Path, str]) -> None:
    folder, site = foreign
    done = run("crm_ext", "connector", "check", "shelf", cwd=folder, path=site)
    assert (done.returncode, done.stdout.strip()) == (0, "shelf lacks nothing."), done.stdout + done.stderr
    path = folder / "tests" / "connectors" / "shelf" / "test_contract.py"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace('"title", "kind"', '"kind"'), "utf-8")
    done = run("crm_ext", "connector", "check", "shelf", "--json", cwd=folder, path=site)
    path.write_text(whole, "utf-8")
    assert done.returncode == 1
    assert any("contacts.title is never filled" in each["missing"] for each in json.loads(done.stdout))


def test_a_connector_of_another_package_passes_the_contract(foreign: tuple[Path, str]) -> None:
    folder, site = foreign
    done = run("pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=folder, path=site)
    assert done.returncode == 0, done.stdout[-2000:]
    assert re.search(r"\d\d passed", done.stdout)
