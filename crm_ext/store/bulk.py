"""Many rows at once, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm_ext.store.base import Base

Item = TypeVar("Item")
CHUNK = 500


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def upsert(session: Session, table: Table, rows: Sequence[dict[str, Any]], *, keep: Iterable[str] = ()) -> None:
    """Insert the rows, or set them where the primary key is taken already; columns in `keep` stay as they are then."""
    if rows:
        dialect = session.get_bind().dialect.name
        session.execute(_upserting(dialect, table, tuple(rows[0]), frozenset(keep)), list(rows))


@cache
def _upserting(dialect: str, table: Table, names: tuple[str, ...], keep: frozenset[str]) -> Executable:
    """The statement for rows with these columns: making it anew for each page costs as much as running it."""
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in names if name not in keep.union(keys)}
    upserting: Executable = (
        statement.on_conflict_do_update(index_elements=keys, set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=keys)
    )
    return upserting


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements over many rows. Raises TypeError for a model without one."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table of its own")
    return table
