"""Built and installed in every way, the service finds its templates, playbook, migrations, texts and connectors."""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import services
from tests.packaging.installs import KINDS, Install, copied, must, run
from tests.structure.tree import ROOT, files

pytestmark = pytest.mark.packaging
PROBE = Path(__file__).with_name("probe.py")
LINE = {
    "id": "c-1",
    "language": "en",
    "contact": {"name": "Clara Winslow", "kind": "individual"},
    "events": [{"type": "order", "at": "2026-05-01", "amount": 120.0, "text": ""}],
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("source") / "crm-ext")


@pytest.fixture(scope="module")
def archives(source: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sdist, and the wheel built from it, so that a file missing from the sdist shows."""
    folder = tmp_path_factory.mktemp("dist")
    fetched = run(
        sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder / "index", "setuptools", cwd=folder
    )
    if fetched.returncode:
        services.missing("no package index can be reached, so nothing can be built or installed")
    must(sys.executable, "-m", "build", "--outdir", folder, source, cwd=folder)
    return [path for path in folder.iterdir() if path.is_file()]


@pytest.fixture(scope="module", params=KINDS)
def install(
    request: pytest.FixtureRequest, source: Path, archives: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Install]:
    return Install(request.param, tmp_path_factory.mktemp(request.param), source).made(archives)


@pytest.fixture(scope="module")
def found(install: Install) -> dict:
    return install.answer(PROBE)


def test_it_runs_from_where_it_was_installed(install, found):
    beside = install.source if install.kind in {"editable", "checkout"} else install.folder / "venv"
    assert Path(found["package"]).is_relative_to(beside)
    assert Path(found["connectors"]) == Path(found["package"]).parent / "connectors"


def test_it_renders_a_page(found):
    status, text = found["page"]
    assert status == 200
    assert "</html>" in text


def test_it_serves_static_files(found):
    assert found["static"] == 200


def test_it_speaks_chinese(found):
    assert "zh" in " ".join(found["languages"])


def test_it_puts_nothing_general_at_the_top(install, found):
    assert install.kind == "checkout" or found["stray"] == []


def test_it_has_the_migrations_and_init_runs_them(install, found):
    there = sorted(path.name for path in (ROOT / "crm_ext/store/migrations/versions").glob("*.py"))
    assert found["migrations"] == there
    done = install.command("init", "--admin-email", "admin@example.com")
    assert done.returncode == 0, done.stderr
    assert (install.home / "instance" / "crm_ext.sqlite").is_file()


def test_it_finds_the_connectors(install):
    done = install.command("connectors", "--json")
    ours = {path.stem for path in (ROOT / "connectors").iterdir() if not path.name.startswith("_")}
    assert ours <= {each["slug"] for each in json.loads(done.stdout)}, done.stderr


def test_it_finds_the_playbook(install):
    (install.home / "one.jsonl").write_text(json.dumps(LINE))
    done = install.command("annotate", "one.jsonl", "--as-of", "2026-06-30")
    assert json.loads(done.stdout)["stage_name"], done.stderr


def test_the_group_hangs_under_flask(install):
    if install.kind == "checkout":
        pytest.skip("what hangs under flask is announced by an installation")
    flask = ["-m", "flask", "--app", "crm_ext", "crm-ext", "connectors", "--json"]
    done = run(install.bin / "python", *flask, cwd=install.home, **install.environment)
    assert json.loads(done.stdout), done.stderr


def test_another_package_of_that_name_is_a_sentence(install, tmp_path):
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "__init__.py").touch()
    before = [str(tmp_path), install.environment.get("PYTHONPATH", "")]
    host = Install(install.kind, install.folder, install.source, {"PYTHONPATH": ":".join(filter(None, before))})
    done = host.command("connectors")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / "connectors") in done.stderr


def test_the_wheel_holds_what_the_checkout_holds(archives):
    with zipfile.ZipFile(next(each for each in archives if each.suffix == ".whl")) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == {packaged(path) for path in files()} - {""}


def packaged(path: Path) -> str:
    """Where a file of the checkout lies in the wheel; nothing where it stays at home."""
    name = path.relative_to(ROOT).as_posix()
    top = name.split("/")[0]
    if top == "templates":
        return f"crm_ext/{name}"
    return name if top in {"crm_ext", "connectors"} and not name.endswith((".po", ".pot")) else ""


def test_the_sdist_says_how_to_install_itself(archives):
    with tarfile.open(next(each for each in archives if each.name.endswith(".tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"setup.cfg", "pyproject.toml", "README.md", "LICENSE"} <= names
