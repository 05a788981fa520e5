"""Running the road, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from crm_ext.cli.base import Group, actor, json_option, print_facts, print_json, print_table, with_instance
from crm_ext.store.models import Connection
from crm_ext.sync import alerting, connections, engine, runs
from crm_ext.sync import undo as undoing
from crm_ext.sync.work import Options
from crm_ext.sync.work import Progress as Told


@click.command()
@click.argument("name")
@click.option("--full", is_flag=True, help="Pull everything, not only what changed.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; keep and write nothing.")
@click.option("--no-push", is_flag=True, help="Pull and annotate, but write nothing to the CRM.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Write at most N contacts; the rest stays queued.")
@click.option(
    "--accept", is_flag=True, help="Go on although much would change, or fails: your answer to a run that stopped."
)
@click.option("--reason", default="", metavar="TEXT", help="Why everything is pulled anew, for the run's page.")
@json_option
@with_instance
def sync(
    name: str,
    *,
    full: bool,
    dry_run: bool,
    no_push: bool,
    limit: int | None,
    accept: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Run one pass here and now: pull, annotate, write back.

    \b
    Examples:
      crm-ext sync crm --dry-run
      crm-ext sync crm --limit 200
    """
    order = Options(full=full, dry_run=dry_run, push=not no_push, limit=limit, accept=accept, reason=reason)
    told = synced(connections.get(name), order, quiet=as_json)
    if as_json:
        print_json(told)


def synced(connection: Connection, order: Options, *, quiet: bool = False) -> dict[str, Any]:
    """One pass with a progress bar on a terminal, and a sentence about what it did."""
    try:
        with bar(quiet) as progress:
            told = engine.sync(connection, order, progress, failed=print_json if quiet else lambda _: None)
    finally:
        alerting.deliver()
    if not quiet:
        click.echo(sentence(told))
    return told


def sentence(told: dict[str, Any]) -> str:
    pulled = ", ".join(f"{count} {stream}" for stream, count in told["pulled"].items() if count) or "nothing new"
    if "would_push" in told:
        return f"Dry run {told['run']}: pulled {pulled}; would write {told['would_push']} contacts; wrote nothing."
    wrote = f"wrote {told['pushed']} contacts" if told["pushed"] else ""
    wait = f"{told['waiting']} contacts wait to be written" if told["waiting"] else ""
    written = ", ".join(filter(None, (wrote, wait))) or "nothing to write"
    failed = f"; {told['failed']} records failed, see: crm-ext run show {told['run']}" if told["failed"] else ""
    again = f"; read {told['read_again']} texts again" if told["read_again"] else ""
    told_of = f"Run {told['run']}: pulled {pulled}{again}; annotated {told['annotated']}; {written}{failed}."
    return told_of + (UNREAD.format(**told) if told["unread"] else "")


UNREAD = """
{unread} texts are not kept here and must be pulled to be read again: crm-ext sync {connection} --full"""


@contextmanager
def bar(quiet: bool) -> Iterator[Told]:
    """A progress bar on standard error where that is a terminal, else nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        tasks: dict[str, TaskID] = {}

        def progress(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = shown.add_task(phase, total=total)
            shown.update(tasks[phase], completed=done, total=total)

        yield progress


@click.command("runs")
@click.argument("name", required=False)
@json_option
@with_instance
def list_runs(name: str | None, as_json: bool) -> None:
    """The last runs, newest first."""
    found = runs.history(connections.get(name) if name else None)
    if as_json:
        print_json([runs.described(each) for each in found])
        return
    rows = [
        (each.id, each.kind, each.status, f"{each.started_at:%Y-%m-%d %H:%M}", each.counts.get("pushed", 0))
        for each in found
    ]
    print_table(("Run", "Kind", "Status", "Started (UTC)", "Written"), rows)


@click.group(cls=Group)
def run() -> None:
    """One run."""


@run.command("show")
@click.argument("run_id", type=int)
@json_option
@with_instance
def show_run(run_id: int, as_json: bool) -> None:
    """A run with its counts, and the records that failed with the reasons."""
    found = runs.find(run_id)
    told = runs.described(found)
    failed = [
        {"stream": each.stream, "external_id": each.external_id, "place": each.place, "reason": each.reason}
        for each in runs.failures(found)
    ]
    if as_json:
        print_json({**told, "failures": failed})
        return
    print_facts({name: value for name, value in told.items() if name != "counts"} | told["counts"])
    for each in failed:
        click.echo(f"{each['stream']} {each['external_id']} {each['place']}: {each['reason']}")


@click.command()
@click.argument("run_id", type=int)
@json_option
@with_instance
def undo(run_id: int, as_json: bool) -> None:
    """Put back what a run's writes replaced, as far as nobody changed it since. Pushing then waits for `resume`."""
    found = runs.find(run_id)
    connection = connections.by_id(found.connection_id)
    with bar(as_json) as progress:
        told = undoing.undo(connection, found, actor=actor(), progress=progress)
    if as_json:
        print_json(told)
        return
    left = told["superseded"] + told["changed_by_person"]
    click.echo(f"Put back {told['put_back']} contacts of run {run_id}; {left} were changed since and left alone.")
    click.echo(f"Nothing is written until: crm-ext resume {connection.name}")
