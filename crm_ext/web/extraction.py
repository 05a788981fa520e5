"""For the makers of catalogues: what connectors say of themselves, which no source of ours spells out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import IO

from crm_ext.connector_api import Setting
from crm_ext.sync.connections import settings_of
from crm_ext.sync.registry import connectors

Found = tuple[int, str, str, list[str]]


def settings(_source: IO[bytes], *_asked: Collection[str], **_options: object) -> Iterator[Found]:
    """An extractor of Babel's, called for the registry: line, function, text, comments of every message."""
    for text in all_texts():
        yield 1, "gettext", text, []


def all_texts() -> Iterator[str]:
    """What the forms of all connectors say."""
    for connector in connectors().values():
        for setting in settings_of(connector):
            yield from texts(setting)


def texts(setting: Setting) -> list[str]:
    """All that a form shows of a setting."""
    said = [setting.label, setting.help, *(label for _, label in setting.choices)]
    return [text for text in said if any(map(str.isalpha, text))]
