"""`crm-ext reference`: the page docs/commands.md, made from the help texts."""

from __future__ import annotations

from collections.abc import Iterator

import click

WIDTH = 100
HEAD = """\
# Commands

Made by `make docs` from the help texts; `crm-ext COMMAND --help` says the same. Every command exits with 0 on success,
with 1 on a failure that it explains in one line, with 2 on wrong usage. With `--json` it prints one JSON document on
standard output and nothing else there.
"""


@click.command("reference", hidden=True)
@click.pass_context
def reference(context: click.Context) -> None:
    """Print this command line's reference as Markdown."""
    root = context.find_root()
    click.echo("\n".join([HEAD, *map(section, leaves(root.command, root))]), nl=False)


def leaves(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """The context of every command that does something and is not hidden, in alphabetical order."""
    if not isinstance(command, click.Group):
        yield context
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if inner is not None and not inner.hidden:
            yield from leaves(inner, click.Context(inner, parent=context, info_name=name, terminal_width=WIDTH))


def section(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
