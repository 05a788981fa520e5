"""Logs: a line each, as text or as JSON, with the run and the connection that it is about; secrets never."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from crm_ext.config import Config

SHORTEST_SECRET = 4
MASK = "••••"
GIVEN_AWAY = re.compile(
    r"(?i)(?<![a-z])(authorization|bearer|password|passwd|secret|token|api[_-]?key|signature)(\"?\s*[=:]\s*\"?)[^\s\"&,;]+"
)
IN_ADDRESS = re.compile(r"(://[^\s/:@]*):[^\s/@]+@")

_about: ContextVar[Mapping[str, Any] | None] = ContextVar("about", default=None)
_hidden: set[str] = set()


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """Every line that is logged within the block bears these."""
    token = _about.set({**(_about.get() or {}), **ids})
    try:
        yield
    finally:
        _about.reset(token)


def hide(secrets: Iterable[Any]) -> None:
    """From now on these never stand in a line."""
    _hidden.update(text for each in secrets if len(text := str(each)) >= SHORTEST_SECRET)


def clean(text: str) -> str:
    """The text without secrets: those that were named, and what looks like one."""
    for each in sorted(_hidden, key=len, reverse=True):
        text = text.replace(each, MASK)
    return IN_ADDRESS.sub(rf"\1:{MASK}@", GIVEN_AWAY.sub(rf"\1\2{MASK}", text))


def keep(config: Config) -> None:
    """Log to standard error in the form that the installation wants."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMS[config.log]())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What a line bears beside its words: ids from where it was logged, and figures given as `extra={"facts": …}`."""
    return {**(_about.get() or {}), **getattr(record, "facts", {})}


class Plain(logging.Formatter):
    """Time, level, words, and then the facts as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        return clean(f"{_at(record)} {record.levelname} {_words(self, record)} {facts}".rstrip())


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(_words(self, record)),
            **{name: clean(value) if isinstance(value, str) else value for name, value in _facts(record).items()},
        }
        return json.dumps(line, ensure_ascii=False, default=str)


FORMS: Mapping[str, type[logging.Formatter]] = {"text": Plain, "json": Json}


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _words(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    told = record.getMessage()
    return f"{told}\n{formatter.formatException(record.exc_info)}" if record.exc_info else told
