"""`python -m tests.validate`: trust, p and EV against real purchases, beside their peers.

Exits 1 where one falls short.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from tests.validate.purchases import CDNOW, HORIZON_DAYS, WEEK_39, Trial, read
from tests.validate.report import bands, figures


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=CDNOW)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default=WEEK_39.isoformat(), show_default=True)
@click.option("--horizon-days", default=HORIZON_DAYS, show_default=True)
def main(path: Path, as_of: datetime, horizon_days: int) -> None:
    """Judge the buyers of PATH as of a day and compare with what they bought within the horizon."""
    if not path.is_file():
        sys.exit(f"No purchases at {path}. Name a file, or the folder that holds data/ in CRM_EXT_SHARED.")
    trial = Trial(read(path), as_of.date(), horizon_days)
    back = int(trial.came_back.sum())
    click.echo(f"{len(trial.known)} buyers as of {trial.day}, {back} came back within {horizon_days} days")
    found = list(figures(trial))
    for each in found:
        verdict = {None: "", True: "met", False: "NOT MET"}[each.met]
        click.echo(f"{each.name:42s} {each.found:8.4f}  {each.wanted:11s} {verdict}".rstrip())
    for name, count in bands(trial).items():
        click.echo(f"{name:42s} {count:8d}")
    sys.exit(any(each.met is False for each in found))


main()
