"""People who sign in, and the keys that secrets are encrypted with."""

from __future__ import annotations

import click

from crm_ext.cli.base import Group, actor, with_instance
from crm_ext.store import accounts
from crm_ext.sync import keys as keyring

ROLES = [role.value for role in accounts.Role]
password_option = click.option("--password", metavar="P", help="Without one, a password is made and printed once.")


@click.group(cls=Group)
def user() -> None:
    """People who sign in."""


@user.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="rep", show_default=True)
@click.option("--name", default="", metavar="N")
@password_option
@with_instance
def add(email: str, role: str, name: str, password: str | None) -> None:
    """Add a person.

    \b
    Example: crm-ext user add li@example.com --role manager
    """
    chosen = accounts.generated_password() if password is None else password
    accounts.add(email, chosen, role=role, name=name, actor=actor())
    click.echo(f"Added {email} as {role}.")
    _tell(password, chosen)


@user.command("password")
@click.argument("email")
@password_option
@with_instance
def set_password(email: str, password: str | None) -> None:
    """Set a new password; also opens a locked account."""
    chosen = accounts.generated_password() if password is None else password
    accounts.change_password(email, chosen, actor=actor())
    click.echo(f"The password of {email} is changed.")
    _tell(password, chosen)


@user.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@with_instance
def set_role(email: str, role: str) -> None:
    """Give a person another role."""
    accounts.change_role(email, role, actor=actor())
    click.echo(f"{email} is now {role}.")


def _tell(given: str | None, chosen: str) -> None:
    if given is None:
        click.echo(f"Password: {chosen} (shown only now)")


@click.group(cls=Group)
def keys() -> None:
    """Keys that secrets are encrypted with."""


@keys.command()
@with_instance
def rotate() -> None:
    """Make a new first key and encrypt every stored secret with it; older keys still read."""
    count = keyring.rotate(actor=actor())
    click.echo(f"Encrypted the secrets of {count} connections with a new key.")
