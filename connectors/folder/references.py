"""How rows name themselves and one another: by id, else by e-mail, else by a name that only one record has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

from connectors.folder.layout import Source
from connectors.folder.lookup import MANY, Names, folded
from connectors.folder.tables import Cells
from crm_ext.connector_api import Stream

EMAIL = re.compile(r"[^\s<>()\[\],;:|、；，\"']+@[^\s<>()\[\],;:|、；，\"']+\.[^\s<>()\[\],;:|、；，\"'.]+")
SPLIT = re.compile(r"[;|,、，；\n]")
SPLIT_NAMES = re.compile(r"[;|、；\n]")

FALLBACK = {Stream.CONTACTS: "email", Stream.USERS: "email", Stream.COMPANIES: "name"}
"""What names a record whose table has no id."""


class BadCells(ValueError):
    """The row cannot become a record; says what was found and what was expected."""


class References:
    """Finds the records that cells name. `names` gives the index of a stream, made when it is first asked for."""

    def __init__(self, names: Callable[[Stream], Names]) -> None:
        self._names = names

    def identity(self, source: Source) -> Callable[[Cells], str]:
        """A row's id; for activities and the like without one, a hash of the row."""
        index, other = source.columns.get("id"), FALLBACK.get(source.stream, "")
        spare = source.columns.get(other)
        if index is None and not other:
            return lambda cells: hashlib.blake2b("\x1f".join(cells).encode(), digest_size=12).hexdigest()

        headings = [repr(source.heading(each)) for each in ("id", other) if each in source.columns]
        asked = f"column {headings[0]} is" if len(headings) == 1 else f"columns {' and '.join(headings)} are"

        def read(cells: Cells) -> str:
            found = cells[index].strip() if index is not None else ""
            found = found or (cells[spare].strip().lower() if spare is not None else "")
            if not found:
                raise BadCells(f"no id: {asked} empty; expected one in each row")
            return found

        return read

    def one(self, source: Source, stream: Stream, columns: Sequence[str]) -> Callable[[Cells], str | None]:
        """The id of the record that the first filled column names; what is in no table stands for itself."""
        places = [(each, source.columns[each]) for each in columns if each in source.columns]
        known = self._known(stream)

        def read(cells: Cells) -> str | None:
            for ours, index in places:
                found = cells[index].strip()
                if found:
                    return found if ours.endswith("_id") else known(found) or found
            return None

        return read

    def several(self, source: Source, stream: Stream, columns: Sequence[str]) -> Callable[[Cells], tuple[str, ...]]:
        """The ids of all the records that the row names. Raises BadCells if it names some and none is known."""
        ids, emails, names = (source.columns.get(each) for each in columns)
        known = self._known(stream)

        def given(cells: Cells, index: int | None) -> str:
            return "" if index is None else cells[index].strip()

        def read(cells: Cells) -> tuple[str, ...]:
            listed = given(cells, ids)
            if listed:
                return _once(each.strip() for each in SPLIT.split(listed))
            tried = [*EMAIL.findall(given(cells, emails).lower()), *_people(given(cells, names))]
            found = _once(known(each) or "" for each in tried)
            if (
                tried
                and not found
                and not given(cells, source.columns.get("company", source.columns.get("company_id")))
            ):
                raise BadCells(
                    f"no contact is called {tried[0]!r}; expected an id, an e-mail or a name in the contacts"
                )
            return found

        return read

    def _known(self, stream: Stream) -> Callable[[str], str | None]:
        """A function from an id, e-mail or name to the id; None where nobody has it. The index is made when needed."""
        index: list[Names] = []

        def find(said: str) -> str | None:
            if not index:
                index.append(self._names(stream))
            found = index[0].find(f"#{said}")
            found = index[0].find(folded(said)) if found is None else found
            if found == MANY:
                raise BadCells(f"{said!r} is the name of several {stream}; expected an id, or what only one is called")
            return found

        return find


def _people(said: str) -> list[str]:
    """The e-mails in a cell, else the names; a comma may be part of a name."""
    return EMAIL.findall(said.lower()) or [each.strip() for each in SPLIT_NAMES.split(said) if each.strip()]


def _once(ids: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in ids if each))
