"""A CRM's ids in addresses, whatever characters they are made of."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError


class ExternalIdConverter(BaseConverter):
    """One path segment of letters, digits, `-`, `_`, `.`; every other byte as `~` and two hex digits."""

    regex = r"[A-Za-z0-9_.~-]+"

    def to_python(self, value: str) -> str:
        if re.search(r"~(?![0-9A-F]{2})", value):
            raise ValidationError
        return unquote(value.replace("~", "%"))

    def to_url(self, value: str) -> str:
        escaped = quote(value, safe="").replace("~", "%7E").replace("%", "~")
        return escaped.replace(".", "~2E") if not value.strip(".") else escaped


def init_app(app: Flask) -> None:
    app.url_map.converters["external_id"] = ExternalIdConverter
