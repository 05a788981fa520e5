"""Records as rows and back: one table of columns per class, taken from the record itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from sqlalchemy import RowMapping, Table

from crm_ext.domain.records import (
    STREAM_OF,
    Activity,
    Case,
    CaseKind,
    Company,
    Contact,
    Deal,
    DealStatus,
    Kind,
    Record,
    Stream,
    User,
)
from crm_ext.store.base import Base
from crm_ext.store.bulk import table_of
from crm_ext.store.models import ActivityRow, CaseRow, CompanyRow, ContactRow, DealRow, UserRow

MODELS: Mapping[type[Record], type[Base]] = {
    User: UserRow,
    Company: CompanyRow,
    Contact: ContactRow,
    Deal: DealRow,
    Activity: ActivityRow,
    Case: CaseRow,
}
NOT_CONTENT = {"tags", "updated_at"}
"""What changes when we write ourselves, and so must not count as a change of the record."""
ELSEWHERE = {"id", "contact_ids", "tags"}
ENUMS: Mapping[str, Callable[[str], Any]] = {"contacts.kind": Kind, "deals.status": DealStatus, "cases.kind": CaseKind}


@dataclass(frozen=True, slots=True)
class Shape:
    """How one class of record lies in its table."""

    record: type[Record]
    table: Table
    stream: Stream
    columns: tuple[str, ...]
    take: Callable[[Any], tuple[Any, ...]]
    content: Callable[[Any], tuple[Any, ...]]
    linked: bool
    readable: bool

    def row(self, record: Record) -> dict[str, Any]:
        return {"external_id": record.id, **dict(zip(self.columns, self.take(record), strict=True))}

    def hash(self, record: Record) -> bytes:
        return blake2b(repr(self.content(record)).encode(), digest_size=16).digest()

    def back(self, row: RowMapping, contact_ids: Sequence[str] = ()) -> Any:
        """The record of a row; who took part is kept apart and given in."""
        values = {name: row[name] for name in self.columns}
        for name in values.keys() & {"kind", "status"}:
            convert = ENUMS.get(f"{self.stream.value}.{name}")
            if convert and values[name] is not None:
                values[name] = convert(values[name])
        if self.linked:
            values["contact_ids"] = tuple(contact_ids)
        if self.record is Contact:
            values["tags"] = row["tags"]
        return self.record(id=row["external_id"], **values)


def _shape(record: type[Record], model: type[Base]) -> Shape:
    names = [field.name for field in fields(record)]
    columns = tuple(name for name in names if name not in ELSEWHERE)
    table = table_of(model)
    return Shape(
        record=record,
        table=table,
        stream=STREAM_OF[record],
        columns=columns,
        take=attrgetter(*columns),
        content=attrgetter(*(name for name in names if name not in NOT_CONTENT)),
        linked="contact_ids" in names,
        readable="signals" in table.c,
    )


SHAPES: Mapping[type[Record], Shape] = {record: _shape(record, model) for record, model in MODELS.items()}
BY_STREAM: Mapping[Stream, Shape] = {shape.stream: shape for shape in SHAPES.values()}
