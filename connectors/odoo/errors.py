"""Odoo's errors by what happens next: the class that an answer names decides, never its text."""

from __future__ import annotations

from collections.abc import Mapping

from crm_ext.connector_api import ConnectorError, Gone, NeedsAttention, RetryLater, SkipRecord

SAID = 300
NEW_KEY = "In Odoo: Preferences, Account Security, New API Key; put the key and its user's login into the connection."


class Fixed(ConnectorError):
    """An error whose fix is always the same."""

    usual = ""

    def __init__(self, message: str, *, fix: str = "", detail: str = "") -> None:
        super().__init__(message, fix=fix or self.usual, detail=detail)


class SignInRefused(Fixed, NeedsAttention):
    """Login, key or password are wrong, or the key has expired."""

    usual = f"{NEW_KEY} After five wrong tries Odoo refuses everybody at this address for a minute."


class WrongDatabase(Fixed, NeedsAttention):
    """There is no such database at this address, or no Odoo."""

    usual = "Check `base_url` (without a path) and `database`; the list of databases may be switched off."


class Forbidden(Fixed, SkipRecord):
    """The user may not do this: to one record (a record rule), or to the whole model."""

    usual = "Give the user of the key the right in Settings, Users: it is named in Odoo's words."


class Absent(Fixed, NeedsAttention):
    """The model or method does not exist here: the app is not installed."""

    usual = "Install the app that this belongs to, if it is to be read."


class Misfit(Fixed, NeedsAttention):
    """This version of Odoo takes a call otherwise than we send it."""

    usual = "This version of Odoo takes the call otherwise: tell the makers of crm-ext what it says here."


class BadField(SkipRecord):
    """A field that is not there, or a value that does not fit."""


class Refused(SkipRecord):
    """Odoo or one of its apps refuses the record, in words."""


ERRORS: Mapping[str, type[ConnectorError]] = {
    "odoo.exceptions.AccessDenied": SignInRefused,
    "odoo.exceptions.AccessError": Forbidden,
    "odoo.exceptions.MissingError": Gone,
    "odoo.exceptions.UserError": Refused,
    "odoo.exceptions.ValidationError": Refused,
    "odoo.exceptions.RedirectWarning": Refused,
    "builtins.ValueError": BadField,
    "builtins.KeyError": BadField,
    "builtins.AttributeError": Absent,
    "werkzeug.exceptions.Unauthorized": SignInRefused,
    "werkzeug.exceptions.Forbidden": Forbidden,
    "werkzeug.exceptions.NotFound": Absent,
    "werkzeug.exceptions.UnprocessableEntity": Misfit,
    **dict.fromkeys(
        (
            "builtins.MemoryError",
            "odoo.exceptions.ConcurrencyError",
            "odoo.exceptions.LockError",
            "psycopg2.InterfaceError",
            "psycopg2.OperationalError",
            "psycopg2.errors.AdminShutdown",
            "psycopg2.errors.DeadlockDetected",
            "psycopg2.errors.InFailedSqlTransaction",
            "psycopg2.errors.LockNotAvailable",
            "psycopg2.errors.QueryCanceled",
            "psycopg2.errors.SerializationFailure",
            "psycopg2.errors.UndefinedColumn",
            "psycopg2.errors.UndefinedTable",
            "psycopg2.pool.PoolError",
        ),
        RetryLater,
    ),
}
"""Tables and columns are missing for the seconds in which an app or a field is being installed."""
BY_STATUS: Mapping[int, type[ConnectorError]] = {401: SignInRefused, 403: Forbidden, 404: Absent}
PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses that pass by themselves, whatever the answer says: a proxy or the host gives them."""


def named(
    what: str, name: str, words: str, status: int = 0, kinds: Mapping[str, type[ConnectorError]] = ERRORS
) -> ConnectorError:
    """The error for an answer that names a class; `words` is Odoo's message, without the traceback beside it."""
    kind = kinds.get(name) or ERRORS.get(name) or BY_STATUS.get(status, Refused)
    return kind(f"Odoo refuses {what}.", detail=" ".join(words.split())[:SAID] or name)
