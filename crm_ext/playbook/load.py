"""Makes a playbook of its documents and checks it whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import ValidationError

from crm_ext.playbook import items
from crm_ext.playbook.check import findings
from crm_ext.playbook.files import CUES, FOLDER, BadPlaybook, Documents, read
from crm_ext.playbook.items import NO_TEXT, Method, Playbook, Text
from crm_ext.playbook.schema import TextField, made, messages

Item = TypeVar("Item")
SECTIONS = (
    "method",
    "stages",
    "signals",
    "markers",
    "falls",
    "alerts",
    "tactics",
    "steps",
    "avoids",
    "traits",
    "library",
    "texts",
    "diagnoses",
    "desk",
    "loss",
    "accounts",
    CUES,
)
NO_METHOD = Method(version="", title=NO_TEXT, parameters={}, groups={}, derived={})


def load(path: Path | None = None) -> Playbook:
    """The playbook of a folder or file; without one, the one that comes with the product (read once).

    Raises BadPlaybook, naming file, item and field.
    """
    if path is None:
        return _shipped()
    try:
        return build(read(path))
    except BadPlaybook as error:
        raise error if path.is_dir() else error.within(path.name) from error


@cache
def _shipped() -> Playbook:
    return build(read(FOLDER))


def build(documents: Documents) -> Playbook:
    """The playbook of checked documents. Raises BadPlaybook with everything that is wrong with them."""
    reader = _Reader(documents)
    playbook = reader.playbook()
    wrong = reader.wrong or findings(playbook)
    if wrong:
        raise BadPlaybook(wrong)
    return playbook


class _Reader:
    """Makes items of rows and keeps what is wrong with them."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.wrong = [f"{name}.yaml: a playbook has no such part." for name in documents if name not in SECTIONS]
        self.wrong += [f"{name}.yaml: missing." for name in SECTIONS if name not in documents]

    def playbook(self) -> Playbook:
        method = self.item("method.yaml", self.documents.get("method"), Method) or NO_METHOD
        steps, avoids = self.rows("steps", items.Step), self.rows("avoids", items.Step)
        return Playbook(
            version=method.version,
            title=method.title,
            parameters=method.parameters,
            groups=method.groups,
            derived=method.derived,
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

    def rows(self, file: str, kind: type[Item]) -> tuple[Item, ...]:
        document = self.documents.get(file) or {}
        rows = document.get(file) if isinstance(document, Mapping) else document
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            self.wrong.append(f"{file}.yaml: a list under {file!r} is expected.")
            return ()
        found = (self.item(_place(file, i, row), row, kind) for i, row in enumerate(rows))
        return tuple(each for each in found if each is not None)

    def item(self, place: str, row: Any, kind: type[Item]) -> Item | None:
        try:
            return made(kind, row)
        except ValidationError as error:
            self.wrong += [f"{place}, {field}: {message}" for field, message in messages(error.messages)]
            return None

    def texts(self) -> Iterator[tuple[str, Text]]:
        rows = self.documents.get("texts")
        if not isinstance(rows, Mapping):
            self.wrong.append("texts.yaml: texts by name are expected.")
            return
        for name, value in rows.items():
            try:
                yield name, TextField().deserialize(value) or NO_TEXT
            except ValidationError as error:
                self.wrong.append(f"texts.yaml, {name}: {'; '.join(map(str, error.messages))}")


def _place(file: str, index: int, row: Any) -> str:
    name = row.get("id") or row.get("tactic") if isinstance(row, Mapping) else None
    return f"{file}.yaml, item {index + 1} ({name or 'no id'})"
