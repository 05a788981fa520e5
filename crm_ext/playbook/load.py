"""Reads a playbook from a folder of YAML files, or from the same documents kept elsewhere, and checks it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from marshmallow import ValidationError

from crm_ext.errors import CrmExtError
from crm_ext.playbook import items
from crm_ext.playbook.check import findings
from crm_ext.playbook.items import Playbook, Text
from crm_ext.playbook.schema import TextField, schema

FOLDER = Path(__file__).parent
Documents = Mapping[str, Any]
Item = TypeVar("Item")


class BadPlaybook(CrmExtError):
    """A playbook that cannot be used. All findings stand together, one a line: file, item, field, fix."""


def load(folder: Path | None = None) -> Playbook:
    """The playbook of a folder; without one, the one that comes with the product (read once)."""
    return _shipped() if folder is None else build(read(folder))


@cache
def _shipped() -> Playbook:
    return build(read(FOLDER))


def read(folder: Path) -> dict[str, Any]:
    """The folder's documents by the names of their files. Raises BadPlaybook where a file is no YAML."""
    try:
        return {
            path.stem: yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
            for path in sorted(folder.glob("*.yaml"))
            if not path.stem.startswith("cues")
        }
    except yaml.YAMLError as error:
        raise BadPlaybook(f"{folder}: {error}") from error


def build(documents: Documents) -> Playbook:
    """The playbook of checked documents. Raises BadPlaybook with everything that is wrong with them."""
    reader = _Reader(documents)
    playbook = reader.playbook()
    wrong = reader.wrong or findings(playbook)
    if wrong:
        raise BadPlaybook("\n".join(wrong))
    return playbook


class _Reader:
    """Makes items of rows and keeps what is wrong with them."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.wrong: list[str] = []

    def playbook(self) -> Playbook:
        method = self.documents.get("method") or {}
        steps, avoids = self.rows("steps", items.Step), self.rows("avoids", items.Step)
        return Playbook(
            version=str(method.get("version", "")),
            title=self.text("method", "title", method.get("title")),
            parameters={name: float(value) for name, value in (method.get("parameters") or {}).items()},
            groups={name: tuple(each) for name, each in (method.get("groups") or {}).items()},
            derived={name: str(rule) for name, rule in (method.get("derived") or {}).items()},
            stages=self.rows("stages", items.Stage),
            signals={each.id: each for each in self.rows("signals", items.Signal)},
            markers={each.id: each for each in self.rows("markers", items.Marker)},
            falls=self.rows("falls", items.Fall),
            alerts={each.id: each for each in self.rows("alerts", items.Alert)},
            tactics={each.id: each for each in self.rows("tactics", items.Tactic)},
            steps=steps,
            avoids=avoids,
            reasons={each.id: each.why for each in (*steps, *avoids)},
            traits=self.rows("traits", items.Trait),
            library={each.id: each for each in self.rows("library", items.Entry)},
            texts=dict(self.texts()),
            documents=self.documents,
        )

    def rows(self, file: str, kind: Callable[..., Item]) -> tuple[Item, ...]:
        document = self.documents.get(file) or {}
        rows = document.get(file) if isinstance(document, Mapping) else document
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            self.wrong.append(f"{file}.yaml: a list under {file!r} is expected.")
            return ()
        return tuple(made for i, row in enumerate(rows) if (made := self.item(file, i, row, kind)) is not None)

    def item(self, file: str, index: int, row: Any, kind: Callable[..., Item]) -> Item | None:
        try:
            return kind(**{name: _frozen(value) for name, value in schema(kind).load(_named(row)).items()})
        except ValidationError as error:
            name = row.get("id") or row.get("tactic") if isinstance(row, Mapping) else None
            place = f"{file}.yaml, item {index + 1} ({name or 'no id'})"
            self.wrong += [f"{place}, {field}: {message}" for field, message in _messages(error.messages)]
            return None

    def texts(self) -> Iterator[tuple[str, Text]]:
        for name, value in (self.documents.get("texts") or {}).items():
            yield name, self.text("texts", name, value)

    def text(self, file: str, name: str, value: Any) -> Text:
        try:
            return TextField().deserialize(value) or Text()
        except ValidationError as error:
            self.wrong.append(f"{file}.yaml, {name}: {'; '.join(map(str, error.messages))}")
            return Text()


def _named(row: Any) -> Any:
    """A row may carry its name as `en` and `zh` beside the other fields."""
    if not isinstance(row, Mapping) or not {"en", "zh"} & set(row):
        return row
    rest = {key: value for key, value in row.items() if key not in {"en", "zh"}}
    return {**rest, "name": {key: row[key] for key in ("en", "zh") if key in row}}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _messages(messages: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _messages(inner, f"{place}.{key}".lstrip("."))
    else:
        yield place, "; ".join(map(str, messages))
