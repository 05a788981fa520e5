"""Kinds of CRM that can be connected."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

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
        print_json([described(each) for each in found])
        return
    print_table(("Slug", "CRM", "Settings"), [(each.slug, each.label, _settings(each)) for each in found])


def described(kind: type[Connector]) -> dict[str, Any]:
    able = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asdict(kind.capabilities).items()
    }
    settings = [each.described() for each in connections.settings_of(kind)]
    return {"slug": kind.slug, "label": kind.label, "settings": settings, "capabilities": able}


def _settings(kind: type[Connector]) -> str:
    return ", ".join(f"{each.name}{'' if each.required else '?'}" for each in connections.settings_of(kind))
