"""Errors named by what happens next, so that nobody has to read a status code twice."""

from __future__ import annotations

from crm_ext.errors import CrmExtError


class ConnectorError(CrmExtError):
    """Something went wrong between us and the CRM. `detail` holds the provider's own words."""

    def __init__(self, message: str, *, fix: str = "", detail: str = "") -> None:
        super().__init__(message, fix=fix)
        self.detail = detail

    def __str__(self) -> str:
        said = f" The CRM says: {self.detail}" if self.detail else ""
        return f"{super().__str__()}{said}"


class RetryLater(ConnectorError):
    """Leave the run where it is; the same call may work in a while. `after` is the wait asked for, in seconds."""

    status = 503

    def __init__(self, message: str, *, fix: str = "", detail: str = "", after: float | None = None) -> None:
        super().__init__(message, fix=fix, detail=detail)
        self.after = after


class Unsure(RetryLater):
    """The answer got lost: the CRM may have done what it was asked, or not. Look before asking a second time."""


class NeedsAttention(ConnectorError):
    """Nothing will work until an admin has acted: a lost token, a missing right, a wrong address."""

    status = 409


class SkipRecord(ConnectorError):
    """This one record cannot be read or written; the rest can."""


class Gone(SkipRecord):
    """The record is no longer in the CRM."""


class Unsupported(ConnectorError):
    """The CRM has no such thing."""
