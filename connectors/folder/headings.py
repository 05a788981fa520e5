"""The headings and file names that exports use, read from `headings.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from crm_ext.connector_api import Stream


@lru_cache(maxsize=4096)
def letters(heading: str) -> str:
    """The letters and digits of a heading, in lower case."""
    return re.sub(r"[\W_]+", "", heading.casefold())


@cache
def data(name: str) -> Mapping[str, Any]:
    """A table of this package."""
    return dict(yaml.safe_load(files(__package__).joinpath(name).read_text("utf-8")))


@cache
def synonyms(stream: Stream) -> Mapping[str, tuple[str, ...]]:
    """Our field → letters headings, the likeliest first."""
    tables = data("headings.yaml")
    own = dict(tables["streams"][stream])
    for group in own.pop("with", ()):
        own |= tables["groups"][group]
    return {ours: tuple(map(letters, listed)) for ours, listed in own.items()}


@cache
def file_words(stream: Stream) -> tuple[str, ...]:
    return tuple(map(letters, data("headings.yaml")["files"][stream]))


def needed(stream: Stream) -> list[list[str]]:
    """What a table of the stream cannot do without: one column of each group."""
    return list(data("headings.yaml")["needed"][stream])
