"""Connections: added, shown, checked, prepared, paused, removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from crm_ext.cli.base import Group, actor, json_option, print_facts, print_json, print_table, with_instance
from crm_ext.connector_api import Connector, Finding
from crm_ext.errors import CrmExtError
from crm_ext.sync import connections, outbox, registry, removal, schedule

set_option = click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A setting; VALUE may be @FILE or - (standard input)."
)


@click.group(cls=Group)
def connection() -> None:
    """Connections to CRMs."""


@connection.command()
@click.argument("name")
@click.option("--connector", "slug", required=True, metavar="SLUG", help="The kind of CRM: see `crm-ext connectors`.")
@click.option("--config", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.json")
@set_option
@with_instance
def add(name: str, slug: str, file: Path | None, pairs: Sequence[str]) -> None:
    """Store a connection; secrets are encrypted.

    \b
    Examples:
      crm-ext connection add export --connector folder --set path=/data/export
      crm-ext connection add crm --connector tryton --config tryton.json --set password=@/run/secrets/tryton
    """
    given = _absolute(registry.connector(slug), {**_file(file), **_pairs(pairs)})
    connections.add(name, slug, given, actor=actor())
    click.echo(f"Added {name!r}. Next: crm-ext connection check {name}")


@connection.command("list")
@json_option
@with_instance
def list_connections(as_json: bool) -> None:
    """All connections."""
    found = connections.all_connections()
    if as_json:
        print_json([connections.described(each) for each in found])
        return
    print_table(
        ("Name", "Connector", "State"), [(each.name, each.connector, connections.state(each)) for each in found]
    )


@connection.command()
@click.argument("name")
@json_option
@with_instance
def show(name: str, as_json: bool) -> None:
    """One connection with its settings; secrets stay hidden."""
    found = connections.get(name)
    told = {**connections.described(found), "schedule": schedule.shown(found)}
    if as_json:
        print_json(told)
        return
    parts = {f"{part}.{key}": value for part in ("settings", "schedule") for key, value in told.pop(part).items()}
    print_facts({**told, **parts})


@connection.command()
@click.argument("name")
@json_option
@with_instance
def check(name: str, as_json: bool) -> None:
    """Try the connection: each right as a line, with its fix. Exits with 1 if one fails."""
    _findings(connections.check(connections.get(name)), as_json)


@connection.command()
@click.argument("name")
@json_option
@with_instance
def prepare(name: str, as_json: bool) -> None:
    """Make our fields or tags in the CRM, where they are missing."""
    _findings(connections.prepare(connections.get(name)), as_json)


def _findings(findings: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        print_json([{"name": f.name, "level": f.level, "detail": f.detail, "fix": f.fix} for f in findings])
    else:
        for each in findings:
            click.echo(" ".join(filter(None, (f"{each.level.value:4}", f"{each.name}:", each.detail, each.fix))))
    if connections.failed(findings):
        sys.exit(1)


@connection.command("set")
@click.argument("name")
@set_option
@with_instance
def set_settings(name: str, pairs: Sequence[str]) -> None:
    """Change settings; those not named stay.

    \b
    Example: crm-ext connection set crm --set password=-
    """
    if not pairs:
        raise click.UsageError("Nothing to change: name a setting with --set key=value.")
    found = connections.get(name)
    connections.update(found, _absolute(registry.connector(found.connector), _pairs(pairs)), actor=actor())
    click.echo(f"Changed {name!r}.")


@connection.command()
@click.argument("name")
@click.option("--export", "target", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--import", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@with_instance
def mapping(name: str, target: Path | None, source: Path | None) -> None:
    """Where our fields come from: show, write to a file, or take from one."""
    found = connections.get(name)
    if source:
        connections.set_mapping(found, _text(source), actor=actor())
        click.echo(f"The mapping of {name!r} is changed. It holds from the next run with --full on.")
        return
    text = json.dumps(found.mapping, ensure_ascii=False, indent=2)
    if target:
        target.write_text(f"{text}\n", encoding="utf-8")
    else:
        click.echo(text)


@connection.command()
@click.argument("name")
@click.option("--tags", is_flag=True, help="First take all our tags out of the CRM.")
@json_option
@with_instance
def remove(name: str, tags: bool, as_json: bool) -> None:
    """Forget a connection and all that was pulled through it."""
    told = removal.remove(connections.get(name), tags=tags, actor=actor())
    if as_json:
        print_json(told)
        return
    for each in told["findings"]:
        click.echo(each)
    click.echo(f"Removed {name!r}" + (f"; took our tags from {told['cleared']} contacts." if tags else "."))


@click.command()
@click.argument("name")
@with_instance
def pause(name: str) -> None:
    """Stop all runs of a connection until `resume`."""
    connections.pause(connections.get(name), actor=actor())
    click.echo(f"Paused {name!r}.")


@click.command()
@click.argument("name")
@with_instance
def resume(name: str) -> None:
    """Let a paused connection work and write again."""
    connections.resume(connections.get(name), actor=actor())
    click.echo(f"{name!r} goes on with the next run.")


@click.command()
@click.argument("name")
@with_instance
def resend(name: str) -> None:
    """Queue again what the CRM refused."""
    count = outbox.resend(connections.get(name), actor=actor())
    click.echo(f"{count} contacts are queued again; the next run writes them.")


def _file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        given = json.loads(_text(file))
    except ValueError as error:
        raise CrmExtError(f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(given, dict):
        raise CrmExtError(f"{file} holds no JSON object.", fix='Write {"setting": "value", …}.')
    return given


def _absolute(kind: type[Connector], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with paths as seen from here: a worker runs in another folder."""
    paths = {each.name for each in kind.settings if each.kind == "path"}
    return {
        name: str(Path(value).expanduser().absolute()) if name in paths and value and isinstance(value, str) else value
        for name, value in given.items()
    }


def _pairs(pairs: Sequence[str]) -> dict[str, str]:
    given = {}
    for pair in pairs:
        key, found, value = pair.partition("=")
        if not found:
            raise click.UsageError(f"--set {pair!r} is not of the form key=value.")
        given[key] = _value(value)
    return given


def _value(text: str) -> str:
    """A value as given, from a file, or from standard input, so that a secret need not stand in the command."""
    if text == "-":
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise CrmExtError("Nothing came on standard input.", fix="Write the value as a line, or give @FILE.")
        return given
    return _text(Path(text[1:])).strip() if text.startswith("@") else text


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CrmExtError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CrmExtError(f"{file} is no text in UTF-8: {error.reason}.") from error
