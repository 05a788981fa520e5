"""A CRM's ids in addresses, whatever characters they are made of."""

from __future__ import annotations

from urllib.parse import quote, unquote

from flask import Flask, request
from werkzeug.routing import BaseConverter, IntegerConverter

from crm_ext.sync.environment import config

LARGEST = 999_999_999
"""What a number in an address may be: in the pattern, so that a larger one is no address at all."""


class NumberConverter(IntegerConverter):
    """The number of a row."""

    regex = r"\d{1,9}"


class ExternalIdConverter(BaseConverter):
    """One path segment of letters, digits, `-`, `_`, `.`; every other byte but NUL as `~` and two hex digits."""

    regex = r"(?:[A-Za-z0-9_.-]|~(?!00)[0-9A-F]{2})+"

    def to_python(self, value: str) -> str:
        return unquote(value.replace("~", "%"))

    def to_url(self, value: str) -> str:
        escaped = quote(value, safe="").replace("~", "%7E").replace("%", "~")
        return escaped.replace(".", "~2E") if not value.strip(".") else escaped


def outside(path: str) -> str:
    """The address of one of our paths as people and CRMs reach it."""
    return (config().public_url or request.url_root.rstrip("/")) + path.removeprefix(request.script_root)


def init_app(app: Flask) -> None:
    app.url_map.converters |= {"external_id": ExternalIdConverter, "int": NumberConverter}
