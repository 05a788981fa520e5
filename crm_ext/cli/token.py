"""Keys to the API: made, listed, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from crm_ext.cli.base import Group, actor, json_option, print_json, print_table, with_instance
from crm_ext.cli.contact import day
from crm_ext.store import accounts, tokens
from crm_ext.store.models import ApiToken
from crm_ext.store.tokens import TokenScope

SCOPES = [scope.value for scope in TokenScope]


@click.group(cls=Group)
def token() -> None:
    """Keys to the API."""


@token.command()
@click.argument("email")
@click.option("--name", required=True, metavar="N", help="What it is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=["read"], show_default=True)
@click.option("--until", metavar="DATE", help="The day on which it ends; without one, it holds until revoked.")
@json_option
@with_instance
def add(email: str, name: str, scopes: Sequence[str], until: str | None, *, as_json: bool) -> None:
    """Make a key that acts for a person, never for more than that person may do.

    \b
    Example: crm-ext token add li@example.com --name reports --scope read --until 2027-03-31
    """
    made, text = tokens.make(accounts.get(email), name, scopes, actor=actor(), until=day(until) if until else None)
    if as_json:
        print_json({"id": made.id, "name": made.name, "token": text})
        return
    click.echo(f"Made token {made.id}: {text} (shown only now)")


@token.command("list")
@json_option
@with_instance
def list_tokens(as_json: bool) -> None:
    """All keys that open something."""
    found = tokens.listed()
    if as_json:
        print_json([_described(each) for each in found])
        return
    rows = [
        (each.id, each.account.email, each.name, each.scopes, _iso(each.until) or "", _iso(each.used_at) or "")
        for each in found
    ]
    print_table(("Token", "Acts for", "Name", "Scopes", "Until", "Last used"), rows)


def _described(each: ApiToken) -> dict[str, Any]:
    return {
        "id": each.id,
        "account": each.account.email,
        "name": each.name,
        "scopes": each.scopes.split(),
        "until": _iso(each.until),
        "used_at": _iso(each.used_at),
    }


@token.command()
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@with_instance
def revoke(number: int) -> None:
    """Take a key back; it opens nothing from now on."""
    tokens.revoke(tokens.get(number), actor=actor())
    click.echo(f"Token {number} is revoked.")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
