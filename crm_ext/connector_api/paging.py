"""One paging loop for all, which cannot run for ever."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from crm_ext.connector_api.errors import RetryLater

RowT = TypeVar("RowT")
CursorT = TypeVar("CursorT", bound=Hashable)


def pages(
    fetch: Callable[[CursorT | None], tuple[Sequence[RowT], CursorT | None]], cursor: CursorT | None = None
) -> Iterator[tuple[Sequence[RowT], CursorT | None]]:
    """Yield (rows, next cursor) until the CRM gives no cursor; one seen before is its fault, not ours."""
    seen = {cursor}
    while True:
        rows, cursor = fetch(cursor)
        yield rows, cursor
        if cursor is None:
            return
        if cursor in seen:
            raise RetryLater(f"The CRM gave the cursor {cursor!r} a second time; following it would never end.")
        seen.add(cursor)
