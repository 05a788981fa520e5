"""What all schemas share, and the shape of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate

MOST = 200
USUAL = 50


def is_text(value: str) -> bool:
    """Whether both databases can keep it: no NUL, no half of a character."""
    return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


class Given(Schema):
    """What is given to us."""

    @pre_load
    def _refuse_what_is_no_text(self, data: Any, **_: Any) -> Any:
        if not all(map(is_text, texts(data))):
            raise ValidationError("Holds a character that is no text.")
        return data


class Body(Given):
    """What is sent to us."""


class Query(Given):
    """What stands behind the `?`."""


class ListQuery(Query):
    limit = fields.Integer(
        load_default=USUAL, validate=validate.Range(1, MOST), metadata={"description": "At most so many items."}
    )
    after = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"description": "The `next` of the page before; without it, the first page."},
    )


def listed(of: type[Schema]) -> Schema:
    """The schema of a page of items; `next` is null on the last one."""
    name = of.__name__.removesuffix("Schema")
    made = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(of), required=True),
            "next": fields.String(required=True, allow_none=True),
        },
        name=f"{name}List",
    )
    return made()


def words(description: str = "", **options: Any) -> fields.String:
    return fields.String(**_required(options, description))


def maybe(description: str = "", **options: Any) -> fields.String:
    return words(description, allow_none=True, **options)


class Moment(fields.DateTime):
    """A time in RFC 3339, given as such or as a datetime."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | float | None:
        return value if isinstance(value, str) else super()._serialize(value, attr, obj, **kwargs)


def moment(description: str = "", **options: Any) -> Moment:
    return Moment(**_required(options, description))


def number(description: str = "", **options: Any) -> fields.Integer:
    return fields.Integer(**_required(options, description))


def measure(description: str = "", **options: Any) -> fields.Float:
    return fields.Float(**_required(options, description))


def truth(description: str = "", **options: Any) -> fields.Boolean:
    return fields.Boolean(**_required(options, description))


def _required(options: dict[str, Any], description: str) -> dict[str, Any]:
    """A field of an answer is always there, so that nobody has to guess."""
    said = {"metadata": {"description": description}} if description else {}
    return {"required": True, **said, **options}
