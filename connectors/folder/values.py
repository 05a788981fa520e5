"""What cells say and what it is in our words, read from `values.yaml` and compared by `letters`."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.folder.headings import data, letters

Words = Mapping[str, str]

_TABLES = data("values.yaml")


def _by_word(name: str) -> Words:
    return {letters(str(word)): ours for ours, words in _TABLES[name].items() for word in words}


TYPES = _by_word("types")
DIRECTIONS = _by_word("directions")
STATUSES = _by_word("statuses")
KINDS = _by_word("kinds")
CASE_KINDS = _by_word("case_kinds")
IMPLIED = {word: DIRECTIONS[word] for word in map(letters, _TABLES["implied"])}
MASS = frozenset(map(letters, _TABLES["mass"]))
TRUTH = {word: said == "yes" for word, said in _by_word("truth").items()}
CURRENCIES = {sign.casefold(): code for code, signs in _TABLES["currencies"].items() for sign in signs}
