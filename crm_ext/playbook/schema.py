"""The shape of a playbook's files: marshmallow schemas made from the items' own annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from marshmallow import RAISE, Schema, ValidationError
from marshmallow import fields as ma

from crm_ext.playbook.items import LANGUAGES, Text

Item = TypeVar("Item")
PLAIN: Mapping[type, type[ma.Field[Any]]] = {str: ma.String, int: ma.Integer, float: ma.Float, bool: ma.Boolean}
NO_TEXT: dict[str, Any] = {"invalid": "write a text; in quotation marks where it looks like a number"}


class TextField(ma.Field[Text]):
    """`{en: …, zh: …}`, both filled."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Text:
        if not isinstance(value, Mapping) or set(value) != set(LANGUAGES):
            raise ValidationError("write {en: …, zh: …}")
        if blank := [lang for lang in LANGUAGES if not isinstance(value[lang], str) or not value[lang].strip()]:
            raise ValidationError(f"{' and '.join(blank)} is empty")
        return Text(value["en"].strip(), value["zh"].strip())


class ItemField(ma.Field[Any]):
    """An item within another."""

    def __init__(self, kind: type[Any], **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return made(self.kind, value)


def made(kind: type[Item], row: Any) -> Item:
    """The item of a row. Raises ValidationError for a row of another shape."""
    shape: type = kind
    return kind(**{name: _frozen(value) for name, value in schema(shape).load(_named(row)).items()})


def messages(found: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it) of a ValidationError's messages."""
    if isinstance(found, Mapping):
        for key, inner in found.items():
            yield from messages(inner, f"{place}.{key}".lstrip("."))
    else:
        yield place, "; ".join(map(str, found))


@cache
def schema(item: type) -> Schema:
    """The schema of one kind of item; a field without default is required."""
    hints = get_type_hints(item)
    return Schema.from_dict({each.name: _field(hints[each.name], each) for each in fields(item)})(unknown=RAISE)


def _field(hint: Any, declared: Field[Any]) -> ma.Field[Any]:
    required = declared.default is MISSING and declared.default_factory is MISSING
    return _kind(hint, {"required": required})


def _kind(hint: Any, options: dict[str, Any]) -> ma.Field[Any]:
    if hint is Text:
        return TextField(**options)
    if get_origin(hint) is tuple:
        return ma.List(_kind(get_args(hint)[0], {}), **options)
    if get_origin(hint) is Mapping:
        return ma.Dict(keys=ma.String(), values=_kind(get_args(hint)[1], {}), **options)
    if isinstance(hint, UnionType):
        inner = next(each for each in get_args(hint) if each is not NoneType)
        return _kind(inner, {**options, "allow_none": True})
    if isinstance(hint, type) and is_dataclass(hint):
        return ItemField(hint, **options)
    return PLAIN[hint](**options) if hint is not str else ma.String(**options, error_messages=NO_TEXT)


def _named(row: Any) -> Any:
    """A row may carry its name as `en` and `zh` beside the other fields."""
    if not isinstance(row, Mapping) or not {"en", "zh"} & set(row):
        return row
    rest = {key: value for key, value in row.items() if key not in {"en", "zh"}}
    return {**rest, "name": {key: row[key] for key in ("en", "zh") if key in row}}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(value) if isinstance(value, list) else value
