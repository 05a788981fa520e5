"""What every step of the road needs to know of the installation it runs in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import current_app

from crm_ext.config import Config

KEY = "crm_ext"
WAKE = "crm_ext_wake"


def entrance() -> Callable[[], AbstractContextManager[object]]:
    """The way into the active application for threads that are not in it: `with entrance()():`."""
    return current_app.app_context


def config() -> Config:
    """The configuration of the application that is active."""
    found = current_app.extensions[KEY]
    if not isinstance(found, Config):
        raise TypeError("The active application is not one of crm-ext; use create_app().")
    return found


def wake(workers: int) -> None:
    """Call for so many workers, where a broker carries the call; without one they look by themselves."""
    call: Callable[[int], None] | None = current_app.extensions.get(WAKE)
    if call is not None and workers > 0:
        call(workers)
