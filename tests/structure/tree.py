"""The checkout as data: files, modules, imports, functions."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("crm_ext", "connectors")
LEFTOVERS = {".git", ".venv", "__pycache__", "build", "dist", "instance", "sample", ".stamps"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A Python file of ours under its dotted name; a package is named without `__init__`."""

    path: Path
    name: str

    @cached_property
    def source(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def syntax(self) -> ast.Module:
        return ast.parse(self.source, str(self.path))

    @property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.syntax) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.syntax) if isinstance(node, ast.ClassDef))

    def imports(self) -> Iterator[tuple[str, str]]:
        """Pairs of module and name; `import x` gives (x, ""). What only type checkers read is left out."""
        for node in _runtime(self.syntax):
            if isinstance(node, ast.Import):
                yield from ((each.name, "") for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((self._absolute(node), each.name) for each in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        base = self.package.split(".")
        base = base[: len(base) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])


def _runtime(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _runtime(node)


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """Every module under the given top folders; without any, of the product."""
    found = (path for top in tops or OURS for path in sorted((ROOT / top).rglob("*.py")))
    return tuple(Module(path, _name(path)) for path in found if "versions" not in path.parts)


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def body(function: Function) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    return function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body


def length(function: Function) -> int:
    """Lines of the body; a function that holds nothing but a docstring has none."""
    statements = body(function)
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


@cache
def files() -> tuple[Path, ...]:
    """What belongs to the repository; without git, all but what tools leave behind."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        return tuple(path for each in listed if (path := ROOT / each).is_file())
    except (OSError, subprocess.CalledProcessError):
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and not _left_over(path))


def _left_over(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in LEFTOVERS or part.endswith((".egg-info", "_cache")) for part in parts)


def read(path: Path) -> str:
    """A text file's text; of pictures and compiled catalogues nothing."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""
