"""Writing a connector: its first files, and what is missing in it."""

from __future__ import annotations

from pathlib import Path

import click

from crm_ext.cli import scaffold
from crm_ext.cli.base import json_option, print_json, print_table
from crm_ext.sync import registry

folder_option = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where connectors/, tests/ and docs/ lie; here by default.",
)


@click.group()
def connector() -> None:
    """Write a connector for another CRM."""


@connector.command("new")
@click.argument("slug")
@folder_option
def new(slug: str, folder: Path) -> None:
    """Write a module, a double, a contract test and a page that say what to fill in; never overwrites."""
    for path in scaffold.write(slug, folder):
        click.echo(path)
    click.echo(f"Next: crm-ext connector check {slug}")


@connector.command("check")
@click.argument("slug")
@folder_option
@click.pass_context
@json_option
def check(ctx: click.Context, slug: str, folder: Path, as_json: bool) -> None:
    """List what a connector lacks in its code, its tests and its page; exits 1 while something is missing."""
    found = list(scaffold.missing(registry.connector(slug), folder.resolve()))
    if as_json:
        print_json([{"where": where, "missing": sentence} for where, sentence in found])
    elif found:
        print_table(("Where", "Missing"), found)
    else:
        click.echo(f"{slug} lacks nothing.")
    ctx.exit(1 if found else 0)
