"""The installation kept and moved: backup and restore, and its set-up without secrets."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from crm_ext.cli.base import Group, actor, json_option, print_json, with_app, with_instance
from crm_ext.errors import CrmExtError
from crm_ext.sync import backup as keeping
from crm_ext.sync import transfer


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@with_instance
def backup(file: Path, as_json: bool) -> None:
    """Write database and keys into FILE, while the service runs. Keep it as safe as a password.

    \b
    Example: crm-ext backup crm-ext-2027-01-31.backup
    """
    told = keeping.backup(file)
    print_json(told) if as_json else click.echo(f"Wrote {file}: {told['bytes'] / 2**20:.1f} MB.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@with_app
def restore(file: Path, as_json: bool) -> None:
    """Put back what `backup` wrote; what is here now is kept beside it. Stop the service first.

    \b
    Example: crm-ext restore crm-ext-2027-01-31.backup
    """
    told = keeping.restore(file)
    print_json(told) if as_json else click.echo(f"Restored what was kept on {told['made_at']}. Now: crm-ext doctor")


@click.group("config", cls=Group)
def config_group() -> None:
    """Connections and people, without secrets, from one installation to another."""


@config_group.command("export")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@with_instance
def export(file: Path | None) -> None:
    """Write the set-up as JSON to FILE, or on standard output."""
    text = json.dumps(transfer.export(), ensure_ascii=False, indent=2)
    if file is None:
        click.echo(text)
        return
    file.write_text(f"{text}\n", encoding="utf-8")
    click.echo(f"Wrote {file}. It holds no secrets.")


@config_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@with_instance
def take(file: Path) -> None:
    """Take a set-up from FILE, or from standard input with -."""
    for line in transfer.take(_document(file), actor=actor()):
        click.echo(line)


def _document(file: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig"))
    except ValueError as error:
        raise CrmExtError(f"{file} cannot be read as JSON: {error}.") from error
