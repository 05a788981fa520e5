"""What every command shares: the instance it works on, errors in one line, JSON on request."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from getpass import getuser
from typing import Any, ParamSpec, TypeVar

import click
from flask import has_app_context
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError

from crm_ext.errors import CrmExtError
from crm_ext.store import schema
from crm_ext.web.app import create_app

P = ParamSpec("P")
R = TypeVar("R")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class Group(click.Group):
    """Says what went wrong in one line, without a traceback, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CrmExtError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except OperationalError as error:
            raise click.ClickException(f"The database says: {' '.join(str(error.orig).split())}") from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename} cannot be used: {error.strerror}.") from error


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run the command in an application's context: the one that is active, or one made from the environment."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        if has_app_context():
            return command(*args, **kwargs)
        with create_app().app_context():
            return command(*args, **kwargs)

    return wrapped


def with_instance(command: Callable[P, R]) -> Callable[P, R]:
    """As `with_app`, and insist on a database of this release."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        schema.insist()
        return command(*args, **kwargs)

    return with_app(wrapped)


def actor() -> str:
    """Who acts on the command line, for the audit log."""
    try:
        return f"cli:{getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getpid()}"


def print_json(thing: Any) -> None:
    click.echo(json.dumps(thing, ensure_ascii=False, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on a terminal, tab-separated lines in a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(map(str, row)))
        return
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(str, row))
    Console().print(table)


def print_facts(facts: Mapping[str, Any]) -> None:
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name.ljust(width)}  {'' if value is None else value}".rstrip())


__all__ = [
    "Group",
    "actor",
    "json_option",
    "print_facts",
    "print_json",
    "print_table",
    "with_app",
    "with_instance",
]
