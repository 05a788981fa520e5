"""The sales method as versions: checked, compared, tried on the contacts on hand, published and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crm_ext.cli.base import Group, actor, json_option, print_json, print_table, with_instance
from crm_ext.cli.sync import bar
from crm_ext.errors import CrmExtError
from crm_ext.playbook import BadPlaybook
from crm_ext.playbook.diff import Difference, diff
from crm_ext.playbook.files import written
from crm_ext.sync import connections, playbooks
from crm_ext.sync.preview import preview as previewed

PATH = click.Path(exists=True, path_type=Path)
MOST_SHOWN = 20
MARKS = {(True, True): "active, shipped", (True, False): "active", (False, True): "shipped", (False, False): ""}


@click.group(cls=Group)
def playbook() -> None:
    """The sales method: look at its versions, change it, and see before you publish what a change would do.

    \b
    A change, step by step:
      crm-ext playbook export method.yaml
      (edit method.yaml, and give it a version of its own)
      crm-ext playbook check method.yaml
      crm-ext playbook preview method.yaml
      crm-ext playbook publish method.yaml --note "Half a year without an order is dormant"
    """


@playbook.command()
@click.argument("file", metavar="FILE|DIR", type=PATH)
@json_option
def check(file: Path, as_json: bool) -> None:
    """Say all that is wrong with a playbook, with place and fix. Needs no instance."""
    try:
        found = playbooks.opened(file)
    except BadPlaybook as error:
        if as_json:
            print_json({"file": str(file), "version": None, "findings": error.findings})
        else:
            click.echo("\n".join(error.findings))
        raise CrmExtError(f"{file} cannot be used: {len(error.findings)} found wrong.") from error
    if as_json:
        print_json({"file": str(file), "version": found.version, "findings": []})
        return
    click.echo(f"Playbook {found.version} is sound: {len(found.signals)} signals, {len(found.tactics)} tactics.")


@playbook.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--version", "version", metavar="V", help="Which one; the active one by default.")
@with_instance
def export_file(file: str, version: str | None) -> None:
    """Write a playbook into one file, JSON if it is called so, else YAML; `-` for standard output."""
    text = written(playbooks.documents(version), file)
    if file == "-":
        click.echo(text, nl=False)
        return
    Path(file).write_text(text, encoding="utf-8")
    click.echo(f"Wrote {file}.")


@playbook.command("diff")
@click.argument("file", metavar="FILE|DIR", type=PATH)
@json_option
@with_instance
def diff_file(file: Path, as_json: bool) -> None:
    """What FILE changes in the active playbook, item by item."""
    found = diff(playbooks.active(), playbooks.opened(file))
    if as_json:
        print_json([each._asdict() for each in found])
        return
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("Nothing differs.")


def _line(each: Difference) -> str:
    if each.old is None:
        return f"{each.place}: new: {_short(each.new)}"
    return f"{each.place}: {_short(each.old)} → {'taken away' if each.new is None else _short(each.new)}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:99]}…"


@playbook.command("preview")
@click.argument("file", metavar="FILE|DIR", type=PATH)
@click.option("--connection", metavar="NAME", help="Only the contacts of this one.")
@json_option
@with_instance
def preview_file(file: Path, connection: str | None, as_json: bool) -> None:
    """What FILE would change for the contacts on hand. Nothing is kept and nothing is written."""
    whose = [connections.get(connection)] if connection else list(connections.all_connections())
    with bar(as_json) as progress:
        told = previewed(playbooks.opened(file), whose, lambda done: progress("contacts", done, None))
    if as_json:
        print_json(told)
        return
    click.echo("{changed} of {contacts} contacts would change: {against} → {playbook}.".format(**told))
    for name in ("stage", "band", "next_step"):
        for move in told[name][:MOST_SHOWN]:
            click.echo(f"{name}: {move['old'] or '(none)'} → {move['new'] or '(none)'}: {move['contacts']}")
    for alert in told["alerts"]:
        click.echo(f"alert {alert['id']}: {alert['raised']} raised, {alert['withdrawn']} withdrawn")
    for each in told["examples"][:MOST_SHOWN]:
        click.echo(f"{each['connection']} {each['external_id']}: {each['field']} {each['old']} → {each['new']}")


@playbook.command("publish")
@click.argument("file", metavar="FILE|DIR", type=PATH)
@click.option("--note", default="", metavar="TEXT", help="What changes, and why; kept with the version.")
@with_instance
def publish(file: Path, note: str) -> None:
    """Make FILE the active playbook. The next run of each connection judges all contacts with it."""
    found = playbooks.opened(file)
    differences = playbooks.publish(found, note=note, actor=actor())
    click.echo(f"Published {found.version}: {len(differences)} changes. The next run judges everybody with it.")


@playbook.command("list")
@json_option
@with_instance
def list_versions(as_json: bool) -> None:
    """The versions there are, newest first."""
    found = playbooks.versions()
    if as_json:
        print_json([{**each._asdict(), "at": each.at and each.at.isoformat()} for each in found])
        return
    rows = [
        (each.version, MARKS[each.active, each.shipped], f"{each.at:%Y-%m-%d %H:%M}" if each.at else "", each.note)
        for each in found
    ]
    print_table(("Version", "State", "Since (UTC)", "Note"), rows)


@playbook.command("rollback")
@click.argument("version")
@with_instance
def rollback(version: str) -> None:
    """Make an earlier version the active one again. The next run judges everybody with it."""
    playbooks.rollback(version, actor=actor())
    click.echo(f"{version} is active again. The next run judges everybody with it.")
