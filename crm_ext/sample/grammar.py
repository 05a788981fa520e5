"""Texts put together from fragments: `{name}` in one stands for another, or for something about the contact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

Parts = tuple[tuple[str, bool], ...]
"""A template taken apart: literal text, or (True) a name to fill in."""

_SLOT = re.compile(r"\{(\w+)\}")


def _parts(template: str) -> Parts:
    pieces = _SLOT.split(template)
    return tuple((piece, bool(index % 2)) for index, piece in enumerate(pieces) if piece)


class Grammar:
    """Fragments by name, each a list of templates."""

    def __init__(self, fragments: Mapping[str, Sequence[object]]) -> None:
        self._fragments = {name: [_parts(str(each)) for each in listed] for name, listed in fragments.items()}
        self._others: dict[str, Parts] = {}

    def text(self, template: str, facts: Mapping[str, str], rng: Random) -> str:
        """The template filled in; `facts` come before fragments, and `They` is `they` with a capital."""
        parts = self._others.get(template)
        if parts is None:
            parts = self._others[template] = _parts(template)
        return " ".join(self._filled(parts, facts, rng).split())

    def _filled(self, parts: Parts, facts: Mapping[str, str], rng: Random) -> str:
        return "".join(self._named(piece, facts, rng) if slot else piece for piece, slot in parts)

    def _named(self, name: str, facts: Mapping[str, str], rng: Random) -> str:
        fact = facts.get(name)
        if fact is not None:
            return fact
        if name[0].isupper():
            return self._named(name[0].lower() + name[1:], facts, rng).capitalize()
        fragments = self._fragments[name]
        return self._filled(fragments[int(rng.random() * len(fragments))], facts, rng)
