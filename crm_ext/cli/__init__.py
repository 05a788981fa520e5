"""The command line: one file per noun; a command's module is loaded when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from crm_ext import __version__
from crm_ext.cli.base import Group

COMMANDS: Mapping[str, str] = {
    "annotate": "annotate:annotate",
    "backup": "keeping:backup",
    "config": "keeping:config_group",
    "connection": "connection:connection",
    "connector": "connector:connector",
    "connectors": "connectors:connectors",
    "contact": "contact:contact_group",
    "demo": "demo:demo",
    "diagnose": "diagnose:diagnose",
    "doctor": "doctor:doctor",
    "init": "instance:init",
    "keys": "user:keys",
    "override": "contact:override",
    "pause": "connection:pause",
    "playbook": "playbook:playbook",
    "reference": "reference:reference",
    "resend": "connection:resend",
    "resume": "connection:resume",
    "restore": "keeping:restore",
    "run": "sync:run",
    "runs": "sync:list_runs",
    "sample-data": "sample:sample_data",
    "schedule": "schedule:schedule",
    "serve": "instance:serve",
    "show": "contact:show",
    "sync": "sync:sync",
    "token": "token:token",
    "undo": "sync:undo",
    "user": "user:user",
    "worker": "instance:worker",
}


class Commands(Group):
    """Finds a command by the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found = getattr(import_module(f"crm_ext.cli.{module}"), name)
        return found if isinstance(found, click.Command) else None


@click.group(name="crm-ext", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crm-ext")
def cli() -> None:
    """Relationship stage, trust and next step for the contacts of your CRM, written back as tags.

    \b
    A beginning:
      crm-ext init --admin-email me@example.com
      crm-ext connection add crm --connector folder --set path=/data/export
      crm-ext sync crm --dry-run
      crm-ext serve
    """


def main() -> None:
    cli(prog_name="crm-ext")
