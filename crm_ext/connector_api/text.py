"""Text as people wrote it, out of the HTML that CRMs keep it in."""

from __future__ import annotations

import re
from html import unescape

_DROPPED = re.compile(r"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->")
_BREAKS = re.compile(r"(?i)<(?:br|/p|/div|/li|/tr|/h[1-6]|/blockquote)\b[^>]*>")
_TAGS = re.compile(r"</?[a-zA-Z][^>]*>|<![^>]*>")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[\n ]*")


def plain(html: str | None) -> str:
    """The text of a fragment of HTML, a line for each block; text without mark-up stays as it is, but trimmed."""
    if not html:
        return ""
    if "<" in html:
        html = _TAGS.sub("", _BREAKS.sub("\n", _DROPPED.sub("", html)))
    if "&" in html:
        html = unescape(html)
    return _LINES.sub("\n", _SPACES.sub(" ", html)).strip()
