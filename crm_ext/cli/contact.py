"""One contact: shown, and a person's word on it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from crm_ext.cli.base import Group, actor, json_option, print_json, with_instance
from crm_ext.domain.events import instant
from crm_ext.errors import CrmExtError
from crm_ext.sync import card as cards
from crm_ext.sync import connections, privacy
from crm_ext.sync.environment import config


@click.command()
@click.argument("connection")
@click.argument("external_id")
@json_option
@with_instance
def show(connection: str, external_id: str, as_json: bool) -> None:
    """One contact: where it stands and why, what was written, and how that came.

    \b
    Example: crm-ext show crm 4711
    """
    told = cards.card(connections.get(connection), external_id, config().lang)
    if as_json:
        print_json(told)
        return
    click.echo(f"{told['contact']['name']} ({external_id})")
    if told["annotation"]:
        click.echo(_standing(told["annotation"]))
    click.echo(told["reasons"] or "Not judged yet.")
    for line in _steps(told["annotation"] or {}):
        click.echo(line)
    for each in told["overrides"]:
        click.echo(f"{each['actor']} says {each['field']} = {each['value'] or '(nothing)'}: {each['reason']}")
    for each in told["trace"]:
        click.echo(f"{each['at']} run {each['run']} {each['state']} {_detail(each)}".rstrip())


def _detail(step: dict[str, Any]) -> str:
    """What a step of the trace was about, in short."""
    if step["state"] == "read":
        return ", ".join(f"{count} {stream}" for stream, count in step["records"].items())
    if step["state"] == "computed":
        return f"stage {step['stage']}, trust {step['trust_level']}, playbook {step['playbook']}"
    if reason := step.get("reason"):
        return str(reason)
    old, new = step.get("replaced", {}), step.get("values", {})
    return "; ".join(
        f"{name}: {old.get(name) or '-'} → {new[name] or '-'}" for name in new if new[name] != old.get(name, "")
    )


def _standing(annotation: dict[str, Any]) -> str:
    trust = annotation["trust"]
    parts = ", ".join(f"{name} {trust[name]}" for name in ("person", "product", "company"))
    return f"Stage: {annotation['stage_name']}. Trust: {trust['level']}, {trust['band']} ({parts})"


def _steps(annotation: dict[str, Any]) -> list[str]:
    steps = [f"Next: {each['text']} ({each['why']}), by {each['due']}" for each in annotation.get("tactics", [])[:1]]
    return steps + [f"Avoid: {each['id']} ({each['why']})" for each in annotation.get("avoid", [])]


@click.command()
@click.argument("connection")
@click.argument("external_id")
@click.option("--stage", metavar="S", help="unknown, stranger, acquaintance, interaction, trust or alliance.")
@click.option("--trust", type=float, metavar="N", help="0 to 100.")
@click.option("--until", metavar="DATE", help="The last day on which it holds; without one, until withdrawn.")
@click.option("--reason", default="", metavar="TEXT", help="Why; needed.")
@click.option("--clear", is_flag=True, help="Withdraw what was said about this contact.")
@with_instance
def override(
    connection: str,
    external_id: str,
    *,
    stage: str | None,
    trust: float | None,
    until: str | None,
    reason: str,
    clear: bool,
) -> None:
    """A person's word on stage or trust; the machine's value is kept beside it.

    \b
    Examples:
      crm-ext override crm 4711 --stage trust --until 2027-03-31 --reason "Met at the fair, wants to go on"
      crm-ext override crm 4711 --clear
    """
    found = connections.get(connection)
    if clear:
        count = cards.clear_overrides(found, external_id, actor=actor())
        click.echo(f"Withdrew {count} overrides." if count else "There was nothing to withdraw.")
        return
    end = day(until) if until else None
    cards.override(found, external_id, stage=stage, trust=trust, until=end, reason=reason, actor=actor())
    click.echo("Kept. The next run writes it.")


@click.group("contact", cls=Group)
def contact_group() -> None:
    """One person's data."""


@contact_group.command("export")
@click.argument("connection")
@click.argument("external_id")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@with_instance
def export(connection: str, external_id: str, file: Path | None) -> None:
    """Everything that is kept about a contact, as JSON, to FILE or on standard output.

    \b
    Example: crm-ext contact export crm 4711 4711.json
    """
    told = privacy.export(connections.get(connection), external_id, config().lang, actor=actor())
    if file is None:
        print_json(told)
        return
    file.write_text(json.dumps(told, ensure_ascii=False, indent=2, default=str), encoding="utf-8")
    click.echo(f"Wrote {file}.")


@contact_group.command("erase")
@click.argument("connection")
@click.argument("external_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_instance
def erase(connection: str, external_id: str, yes: bool) -> None:
    """Delete all that is kept about a contact, and never read it again. The CRM is left as it is."""
    found = connections.get(connection)
    name = cards.contact(found, external_id).name
    if not yes:
        click.confirm(f"Erase {name} ({external_id}) for good?", abort=True)
    count = privacy.erase(found, external_id, actor=actor())
    click.echo(f"Erased {count} records. Tags in the CRM stay there; take them away, or erase the contact there, too.")


def day(text: str) -> datetime:
    """The beginning of a day, or the time, that somebody typed. Raises CrmExtError."""
    try:
        return instant(text)
    except ValueError as error:
        raise CrmExtError(f"{text!r} is no date.", fix="Write it as 2027-03-31.") from error
