"""The example on the page about writing a connector, as modules: what stands there is what is tested."""

from __future__ import annotations

import re
import sys
from types import ModuleType

from tests.services import ROOT

PAGE = ROOT / "docs" / "writing-a-connector.md"
BLOCK = re.compile(r"^```python\n# (\S+)\.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def example() -> dict[str, ModuleType]:
    """The page's modules by name, made in order, each to be imported by the next."""
    made = {}
    for path, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        name = path.replace("/", ".")
        module = sys.modules[name] = made[name] = ModuleType(name)
        exec(compile(code, str(PAGE), "exec"), vars(module))
    return made
