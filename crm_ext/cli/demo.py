"""`make run`: a made-up CRM export, annotated and served, in one command."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from crm_ext.cli.base import actor, with_app
from crm_ext.cli.instance import ADMIN, insist_on_port, make_instance, serve_here
from crm_ext.cli.sync import synced
from crm_ext.sample.export import write
from crm_ext.store import accounts, now
from crm_ext.sync import connections, runs
from crm_ext.sync.environment import config
from crm_ext.sync.work import Options

DEMO = "demo"


@click.command()
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--contacts", default=2000, show_default=True)
@with_app
def demo(port: int, contacts: int) -> None:
    """Try it: a made-up CRM export, annotated and served. A second call goes straight to the pages."""
    insist_on_port("127.0.0.1", port)
    password = accounts.generated_password()
    fresh = make_instance(ADMIN, password)
    if not any(each.name == DEMO for each in connections.all_connections()):
        _connect_sample(config().home / "sample", contacts)
    if not any(each.status == "done" for each in runs.history(connections.get(DEMO))):
        synced(connections.get(DEMO), Options())
    how = (
        f"with the password {password} (shown only now)"
        if fresh
        else f"(new password: {_this()} user password {ADMIN})"
    )
    click.echo(f"Sign in as {ADMIN} {how}")
    serve_here("127.0.0.1", port)


def _connect_sample(folder: Path, contacts: int) -> None:
    click.echo(f"Writing a made-up export of {contacts:,} contacts into {folder}.")
    write(folder, contacts=contacts, seed=1, as_of=now().date())
    connections.add(DEMO, "folder", {"path": str(folder.resolve())}, actor=actor())


def _this() -> str:
    """How the command line is called here, in the shortest form that works from this folder."""
    script = Path(sys.executable).with_name("crm-ext")
    if not script.exists():
        return f"{sys.executable} -m crm_ext"
    return str(script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script)
