"""Ways to have crm-ext: each gives an environment of its own and says how to run it there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.structure.tree import ROOT, files

KINDS = ("wheel", "sdist", "editable", "checkout")


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command far away from the checkout, with nothing of ours in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_EXT_", "PYTHON", "FLASK"))}
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def must(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def copied(folder: Path) -> Path:
    """The repository's files, so that building leaves nothing behind in the checkout."""
    for path in files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return folder


def borrow(python: Path, cwd: Path) -> None:
    """Put the libraries of the test run on the path, without what their own .pth files would add: the checkout."""
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(must(python, "-c", asked, cwd=cwd).strip())
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")


@dataclass
class Install:
    """An environment that has crm-ext in one way. `home` is where its commands run: an empty folder."""

    kind: str
    folder: Path
    source: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def bin(self) -> Path:
        return self.folder / "venv" / ("Scripts" if os.name == "nt" else "bin")

    def made(self, archives: Sequence[Path]) -> Install:
        """Only the wheel fetches its dependencies; the others borrow those of the test run, to save minutes."""
        self.home.mkdir(parents=True)
        venv.create(self.folder / "venv", with_pip=True)
        wheel, sdist = (next(each for each in archives if each.name.endswith(end)) for end in (".whl", ".tar.gz"))
        what = {"wheel": [wheel], "sdist": [sdist], "editable": ["--editable", self.source], "checkout": []}[self.kind]
        if self.kind != "wheel":
            borrow(self.bin / "python", self.home)
            what = [*what, "--no-deps"] if what else []
        if what:
            must(self.bin / "python", "-m", "pip", "install", "--quiet", *what, cwd=self.home)
        else:
            self.environment["PYTHONPATH"] = str(self.source)
        return self

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`crm-ext …`: the console script where there is one."""
        python = self.bin / "python"
        start = [python, "-m", "crm_ext"] if self.kind == "checkout" else [self.bin / "crm-ext"]
        return run(*start, *arguments, cwd=self.home, **self.environment, **environment)

    def answer(self, script: Path) -> Any:
        """What a script prints as JSON, run by this environment's Python."""
        return json.loads(must(self.bin / "python", script, cwd=self.home, **self.environment))
