"""`sample-data`: a made-up CRM export to try things out with."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from crm_ext.sample.export import FORMATS, write


@click.command("sample-data")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--contacts", type=click.IntRange(1), required=True, help="How many people.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the export ends; today if left out.")
def sample_data(folder: Path, contacts: int, seed: int, form: str, as_of: datetime | None) -> None:
    """Write a made-up but lifelike CRM export into FOLDER.

    \b
    Example:
      crm-ext sample-data sample --contacts 2000 --seed 7
    """
    day = as_of.date() if as_of else date.today()  # noqa: DTZ011 - the user's day
    counts = write(folder, contacts=contacts, seed=seed, as_of=day, form=form)
    click.echo(f"{folder}: " + ", ".join(f"{number:,} {stream}" for stream, number in counts.items()))
