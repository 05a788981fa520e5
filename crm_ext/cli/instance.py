"""The instance itself: made, served, tried out."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

import click
from filelock import FileLock, Timeout

from crm_ext.cli.base import actor, with_app, with_instance
from crm_ext.errors import Conflict, CrmExtError
from crm_ext.jobs import celery
from crm_ext.jobs import worker as jobs
from crm_ext.store import accounts, audit, schema, vault
from crm_ext.sync import logs
from crm_ext.sync.environment import config, entrance
from crm_ext.web.serve import serve_forever

ADMIN = "admin@example.com"


@click.command()
@click.option("--admin-email", default=ADMIN, show_default=True, metavar="E")
@click.option("--admin-password", metavar="P", help="Without one, a password is made and printed once.")
@with_app
def init(admin_email: str, admin_password: str | None) -> None:
    """Make the instance: folder, key, database, first admin. Safe to repeat.

    \b
    Example: crm-ext init --admin-email me@example.com
    """
    make_instance(admin_email, admin_password)


def make_instance(email: str, password: str | None) -> bool:
    """Make what is missing of the instance; returns whether an admin was made."""
    home = config().home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CrmExtError(
            f"{home} cannot be made: {error.strerror}.", fix="Set CRM_EXT_HOME to another folder."
        ) from error
    if not config().secret_keys:
        vault.make_key_file(config())
    schema.migrate()
    if accounts.everybody():
        click.echo(f"The instance in {home} is ready.")
        return False
    chosen = accounts.generated_password() if password is None else password
    accounts.create(email, chosen, role=accounts.Role.ADMIN)
    audit.record(actor(), "instance.init", str(home))
    click.echo(f"Made the instance in {home}.")
    told = f" with the password {chosen} (shown only now)" if password is None else ""
    click.echo(f"Sign in as {email}{told}")
    return True


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@with_instance
def serve(host: str, port: int) -> None:
    """Serve the web pages, and do the work that is asked for there.

    \b
    Example: crm-ext serve --port 8080
    """
    serve_here(host, port)


def serve_here(host: str, port: int) -> None:
    """Serve until interrupted, with a worker beside; the only server of this instance."""
    insist_on_port(host, port)
    logs.keep(config())
    with _only_server():
        click.echo(f"Serving on http://{host}:{port} — stop with Ctrl+C.")
        beside: AbstractContextManager[object] = nullcontext() if config().broker_url else _worker()
        with beside, suppress(KeyboardInterrupt):
            serve_forever(host, port)
    click.echo("Stopped.")


def insist_on_port(host: str, port: int) -> None:
    """Raises Conflict where somebody else listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"Port {port} on {host} cannot be used: {error.strerror}.", fix="Choose another: --port"
            ) from error


@contextmanager
def _only_server() -> Iterator[None]:
    folder = config().home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "server", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Conflict(f"Another server is running on the instance {config().home}.", fix="Stop it first.") from error
    try:
        yield
    finally:
        lock.release()


def _worker() -> subprocess.Popen[bytes]:
    """The worker as a child that ends when we do: it reads a pipe that closes with this process, however it ends."""
    command = [sys.executable, "-m", "crm_ext", "worker", "--until-closed"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


@click.command()
@click.option("--concurrency", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that work.")
@click.option("--until-closed", is_flag=True, hidden=True, help="End when standard input closes.")
@with_instance
def worker(concurrency: int, until_closed: bool) -> None:
    """Do the work that is asked for in the pages, until stopped.

    \b
    With CRM_EXT_BROKER_URL and PostgreSQL, workers on any number of machines share it.
    Example: crm-ext worker --concurrency 4
    """
    logs.keep(config())
    if config().broker_url:
        celery.work(celery.made(entrance(), config().broker_url), entrance(), concurrency)
        return
    with ExitStack() as others:
        for _ in range(concurrency - 1):
            others.enter_context(_worker())
        jobs.work(sys.stdin.buffer if until_closed else None)
