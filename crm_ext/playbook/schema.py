"""The shape of a playbook's files: marshmallow schemas made from the items' own annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from marshmallow import RAISE, Schema, ValidationError
from marshmallow import fields as ma

from crm_ext.playbook.items import LANGUAGES, Text

PLAIN: Mapping[type, type[ma.Field[Any]]] = {str: ma.String, int: ma.Integer, float: ma.Float, bool: ma.Boolean}


class TextField(ma.Field[Text]):
    """`{en: …, zh: …}`, both filled."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Text:
        if not isinstance(value, Mapping) or set(value) != set(LANGUAGES):
            raise ValidationError("write {en: …, zh: …}")
        if blank := [lang for lang in LANGUAGES if not isinstance(value[lang], str) or not value[lang].strip()]:
            raise ValidationError(f"{' and '.join(blank)} is empty")
        return Text(value["en"].strip(), value["zh"].strip())


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
    if isinstance(hint, UnionType):
        inner = next(each for each in get_args(hint) if each is not NoneType)
        return _kind(inner, {**options, "allow_none": True})
    return PLAIN[hint](**options)
