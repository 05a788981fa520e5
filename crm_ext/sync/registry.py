"""Which connectors there are: modules of our `connectors` package, and entry points of others."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from crm_ext.connector_api import Connector
from crm_ext.errors import CrmExtError, NotFound
from crm_ext.paths import PACKAGE

GROUP = "crm_ext.connectors"


class BrokenConnector(CrmExtError):
    """A module that should hold a connector does not."""


@cache
def connectors() -> Mapping[str, type[Connector]]:
    """Every connector by slug, in alphabetical order."""
    found = {each.slug: each for each in (*_own(), *_others())}
    return dict(sorted(found.items()))


def connector(slug: str) -> type[Connector]:
    """Raises NotFound that names those there are."""
    try:
        return connectors()[slug]
    except KeyError:
        raise NotFound(f"There is no connector {slug!r}.", fix=f"There are: {', '.join(connectors())}.") from None


def package() -> ModuleType:
    """Our own `connectors` package. Raises BrokenConnector where another one stands before it on the path."""
    found = importlib.import_module("connectors")
    home = Path(found.__file__ or "").resolve().parent
    if home != PACKAGE.parent / "connectors":
        raise BrokenConnector(
            f"The package 'connectors' that Python finds is {home}, not the one of crm-ext.",
            fix="Rename that package, or run crm-ext in an environment of its own.",
        )
    return found


def _own() -> Iterator[type[Connector]]:
    home = package()
    for each in pkgutil.iter_modules(home.__path__):
        module = importlib.import_module(f"connectors.{each.name}")
        found = [
            thing
            for _, thing in inspect.getmembers(module, inspect.isclass)
            if issubclass(thing, Connector)
            and thing.__module__.startswith(module.__name__)
            and not inspect.isabstract(thing)
        ]
        if len(found) != 1 or found[0].slug != each.name:
            raise BrokenConnector(
                f"connectors/{each.name} must hold exactly one connector with the slug {each.name!r}."
            )
        yield found[0]


def _others() -> Iterator[type[Connector]]:
    for each in entry_points(group=GROUP):
        found = each.load()
        if not (inspect.isclass(found) and issubclass(found, Connector)):
            raise BrokenConnector(f"The entry point {each.name!r} of {GROUP} is no connector.")
        yield found
