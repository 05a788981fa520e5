"""Odoo's errors: each has the name of a class; the status is that of JSON-2."""

from __future__ import annotations

from collections.abc import Mapping

STATUS: Mapping[str, int] = {
    "werkzeug.exceptions.Unauthorized": 401,
    "odoo.exceptions.AccessDenied": 401,
    "odoo.exceptions.AccessError": 403,
    "werkzeug.exceptions.NotFound": 404,
    "odoo.exceptions.MissingError": 404,
    "werkzeug.exceptions.UnprocessableEntity": 422,
    "odoo.exceptions.UserError": 422,
    "odoo.exceptions.ValidationError": 422,
}
TRACEBACK = 'Traceback (most recent call last):\n  File "odoo/http.py", line 1, in secret_internals\n'


class Refused(Exception):
    """A call that Odoo refuses."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message

    @property
    def status(self) -> int:
        return STATUS.get(self.name, 500)

    def told(self) -> dict[str, object]:
        return {"name": self.name, "message": self.message, "arguments": [self.message], "debug": TRACEBACK}


def bad_value(message: str) -> Refused:
    return Refused("builtins.ValueError", message)


def missing(model: str, ids: list[int], user: int) -> Refused:
    record = f"{model}({', '.join(map(str, ids))},)"
    words = f"Record does not exist or has been deleted.\n(Record: {record}, User: {user})"
    return Refused("odoo.exceptions.MissingError", words)


def barred(model: str, operation: str) -> Refused:
    words = f"You are not allowed to {operation} '{model}' records.\n\nContact your administrator to request access."
    return Refused("odoo.exceptions.AccessError", words)
