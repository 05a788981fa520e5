"""Kinds of CRM that can be connected."""

from __future__ import annotations

import click

from crm_ext.cli.base import json_option, print_json, print_table
from crm_ext.connector_api import Connector
from crm_ext.sync import connections, registry


@click.command("connectors")
@json_option
def connectors(as_json: bool) -> None:
    """The kinds of CRM that can be connected, with their settings."""
    found = registry.connectors().values()
    if as_json:
        print_json([connections.kind_described(each) for each in found])
        return
    print_table(("Slug", "CRM", "Settings"), [(each.slug, each.label, _settings(each)) for each in found])


def _settings(kind: type[Connector]) -> str:
    return ", ".join(f"{each.name}{'' if each.required else '?'}" for each in connections.settings_of(kind))
