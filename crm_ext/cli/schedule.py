"""When a connection is synced by itself."""

from __future__ import annotations

import click

from crm_ext.cli.base import actor, json_option, print_facts, print_json, with_instance
from crm_ext.sync import connections
from crm_ext.sync import schedule as schedules

RHYTHM = ("every", "cron")


@click.command()
@click.argument("name")
@click.option("--every", default="", metavar="INTERVAL", help="Such as 15m, 2h or 1d.")
@click.option("--cron", default="", metavar="LINE", help="Minute, hour, day, month, weekday, in CRM_EXT_TIMEZONE.")
@click.option("--quiet", metavar="HOURS", help="Hours in which nothing begins by itself, as 22:00-06:00; off for none.")
@click.option("--off", is_flag=True, help="Forget the schedule; the connection is synced only when asked.")
@json_option
@with_instance
def schedule(name: str, *, every: str, cron: str, quiet: str | None, off: bool, as_json: bool) -> None:
    """Sync a connection by itself, at an interval or by cron; without options, show when.

    `serve` and `worker` start what is due. A moment that was missed is made up for once, not many times.

    \b
    Examples:
      crm-ext schedule crm --every 15m --quiet 22:00-06:00
      crm-ext schedule crm --cron "0 6 * * 1-5"
      crm-ext schedule crm --off
    """
    found = connections.get(name)
    if off and (every or cron or quiet):
        raise click.UsageError("--off stands alone.")
    if off:
        schedules.off(found, actor=actor())
    elif every or cron or quiet is not None:
        before = schedules.shown(found)
        rhythm = {"every": every, "cron": cron} if every or cron else {each: before[each] or "" for each in RHYTHM}
        hours = before["quiet"] or "" if quiet is None else "" if quiet == "off" else quiet
        schedules.put(found, schedules.plan(**rhythm, quiet=hours), actor=actor())
    told = schedules.shown(found)
    if as_json:
        print_json({"connection": name, **told})
    else:
        print_facts(told)
