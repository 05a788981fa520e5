"""Errors that people read: each says what is wrong, where, and what to do."""

from __future__ import annotations


class CrmExtError(Exception):
    """Something a person can act on. The command line prints it in one line and exits with 1; a page shows it."""

    status = 400

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class NotFound(CrmExtError):
    """A thing that was asked for by name or id does not exist."""

    status = 404


class Conflict(CrmExtError):
    """The thing exists, or is busy, or has changed meanwhile."""

    status = 409
