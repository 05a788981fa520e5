"""A playbook's documents as files: the folder that ships, or one file (YAML or JSON) that holds them all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from crm_ext.errors import CrmExtError

FOLDER = Path(__file__).parent
CUES = "cues"
LARGEST = 8_000_000
Documents = Mapping[str, Any]


class BadPlaybook(CrmExtError):
    """A playbook that cannot be used. All findings stand together, one a line: file, item, field, fix."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)

    def within(self, file: str) -> BadPlaybook:
        """The same, for documents that stand in one file: their names are those of its sections."""
        return BadPlaybook([f"{file}, {each.replace('.yaml', '', 1)}" for each in self.findings])


def read(path: Path) -> dict[str, Any]:
    """The documents of a folder or of one file, by name. Raises BadPlaybook where a file cannot be read."""
    if path.is_dir():
        found = {each.stem: _loaded(each) for each in sorted(path.glob("*.yaml"))}
        return {**found, CUES: _cues(path / CUES)} if (path / CUES).is_dir() else found
    if path.stat().st_size > LARGEST:
        raise BadPlaybook([f"{path.name}: larger than {LARGEST // 1_000_000} MB; a playbook is a few hundred kB."])
    return parsed(path.read_bytes(), path.name)


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """The documents of one file's content. Raises BadPlaybook, naming the file."""
    found = _content(content, name)
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found):
        raise BadPlaybook([f"{name}: sections by name are expected; make one with: crm-ext playbook export FILE"])
    return found


def written(documents: Documents, name: str) -> str:
    """The documents as one file: JSON where its name says so, else YAML."""
    if name.lower().endswith(".json"):
        return f"{json.dumps(documents, ensure_ascii=False, indent=1)}\n"
    return yaml.dump(documents, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _loaded(path: Path) -> Any:
    return _content(path.read_bytes(), path.name)


def _cues(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {each.stem: _loaded(each) for each in sorted(folder.glob("*.yaml"))}
    return {**found, "rules": {each.stem: _loaded(each) for each in sorted((folder / "rules").glob("*.yaml"))}}


def _content(content: bytes, name: str) -> Any:
    try:
        text = content.decode("utf-8-sig")
        if name.lower().endswith(".json"):
            return json.loads(text, object_pairs_hook=_unique)
        if any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(text, Loader=yaml.CSafeLoader)):
            raise BadPlaybook([f"{name}: YAML aliases (*name) are not read; write the text out."])
        # A safe loader, stricter still.
        return yaml.load(text, Loader=_Loader)  # noqa: S506 # nosec B506
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadPlaybook([f"{name}: {' '.join(str(error).split())}"]) from error


class _Loader(yaml.CSafeLoader):
    """Refuses a name that stands twice in one place, instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        _once([str(key.value) for key, _ in node.value], f" in line {node.start_mark.line + 1} and after")
        return super().construct_mapping(node, deep)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _once([key for key, _ in pairs], "")
    return dict(pairs)


def _once(names: Iterable[str], place: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice{place}; keep one.")


class _Dumper(yaml.CSafeDumper):
    """Texts of several lines as such."""


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
