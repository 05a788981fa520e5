"""A connector's settings: described once, and from that line validated, drawn as a form, masked and documented."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, missing, validate

from crm_ext.connector_api import addresses
from crm_ext.errors import CrmExtError

KINDS: Mapping[str, type[fields.Field[Any]]] = {
    "text": fields.String,
    "url": fields.Url,
    "path": fields.String,
    "int": fields.Integer,
    "bool": fields.Boolean,
    "choice": fields.String,
}
MASK = "••••••••"


class WrongSettings(CrmExtError):
    """Settings that are unknown, missing or of the wrong kind; every one of them is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `kind` is a key of `KINDS`; without `default` it is required; `choices` are (value, label)."""

    name: str
    label: str
    kind: str = "text"
    secret: bool = False
    default: Any = missing
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def required(self) -> bool:
        return self.default is missing

    def field(self) -> fields.Field[Any]:
        options: dict[str, Any] = {"required": self.required, "metadata": {"label": self.label}}
        if not self.required:
            options |= {"load_default": self.default, "allow_none": self.default is None}
        if self.kind == "url":
            options |= {"require_tld": False, "validate": addresses.outside}
        if self.choices:
            options["validate"] = validate.OneOf([value for value, _ in self.choices])
        return KINDS[self.kind](load_only=self.secret, **options)

    def described(self) -> dict[str, Any]:
        """The setting as the `connectors` command lists it."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "required": self.required,
            "secret": self.secret,
            "default": None if self.required else self.default,
            "help": self.help,
        }


def settings_schema(settings: Iterable[Setting]) -> Schema:
    """A marshmallow schema that refuses what it does not know; `dump` leaves secrets out."""
    return Schema.from_dict({each.name: each.field() for each in settings})(unknown=RAISE)


def validated(
    settings: Iterable[Setting], given: Mapping[str, Any], *, without: Collection[str] = ()
) -> dict[str, Any]:
    """The given values, converted, with defaults; those in `without` may be missing.

    Raises WrongSettings that names each bad one.
    """
    known = tuple(settings)
    try:
        return dict(settings_schema(known).load(given, partial=tuple(without)))
    except ValidationError as error:
        problems = "; ".join(f"{name}: {_sentence(said)}" for name, said in sorted(error.messages_dict.items()))
        names = ", ".join(each.name for each in known) or "none"
        raise WrongSettings(f"Settings are not right: {problems}.", fix=f"This connector knows: {names}.") from error


def _sentence(said: Any) -> str:
    words = " ".join(map(str, said)) if isinstance(said, list) else str(said)
    words = words.replace("Missing data for required field.", "is missing").replace("Unknown field.", "is unknown")
    return words.rstrip(".")


def masked(settings: Iterable[Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as people may see them: a secret that is set shows as dots."""
    secret = {each.name for each in settings if each.secret}
    return {name: MASK if name in secret and value else value for name, value in values.items()}
