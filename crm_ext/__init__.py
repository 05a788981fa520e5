"""Relationship stage, trust and next step for the contacts of any CRM, written back as tags."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_ext.web.app import create_app
    from crm_ext.web.extension import CrmExt

__version__ = "0.1.0"
__all__ = ["CrmExt", "__version__", "create_app"]

_HOMES = {"create_app": "crm_ext.web.app", "CrmExt": "crm_ext.web.extension"}


def __getattr__(name: str) -> Any:
    """Load the web side only when it is asked for: a connector imports this package, too."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    return getattr(import_module(_HOMES[name]), name)
