"""`python -m tests.bench.road [CONTACTS …]`: the whole road over a made-up export, each size in processes of its own.

Prints contacts per second and per CPU second and the peak memory of the first run; what a run with nothing new costs;
and one for which a hundredth of the contacts has a new activity, also as a share of the first. Fails where memory
passes the limit, or grows with the number of contacts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services import ROOT

SIZES = (10_000, 100_000)
LIMIT_MB = 300.0
SLOPE_MB = 40.0
"""What the largest size may take more than the smallest: caches that fill, not contacts that are kept."""


@dataclass(frozen=True)
class Figures:
    """What one size took: the first run, one that finds nothing new, and one with a hundredth changed."""

    first: dict[str, Any]
    idle: dict[str, Any]
    changed: dict[str, Any]

    @property
    def contacts(self) -> int:
        return int(self.first["pulled"]["contacts"])

    @property
    def peak(self) -> float:
        return max(float(self.first["max_rss_mb"]), float(self.idle["max_rss_mb"]))

    def line(self) -> str:
        first, seconds, cpu = self.first, self.first["seconds"], self.first["cpu_seconds"]
        return (
            f"{self.contacts:>9,} contacts  {first['pulled']['activities']:>9,} activities  "
            f"{self.contacts / seconds:>7.0f}/s  {self.contacts / cpu:>7.0f}/CPU s  {cpu:>8.1f} CPU s  "
            f"peak {self.peak:.0f} MB  nothing new: {self.idle['cpu_seconds']:.2f} CPU s  "
            f"1 % changed: {self.changed['cpu_seconds']:.2f} CPU s, {self.changed['cpu_seconds'] / cpu:.1%}"
        )


def measured(contacts: int) -> Figures:
    """Write an export, sync it, sync it again for the echo of our own file, and once more with nothing new."""
    with tempfile.TemporaryDirectory() as folder:
        home, export = Path(folder) / "instance", Path(folder) / "export"
        _call(home, "init", "--admin-password", "correct horse battery")
        _call(home, "sample-data", str(export), "--contacts", str(contacts), "--seed", "7")
        _call(home, "connection", "add", "book", "--connector", "folder", "--set", f"path={export}")
        runs = [json.loads(_call(home, "sync", "book", "--json")) for _ in range(3)]
        change(export / "activities.csv", contacts)
        runs.append(json.loads(_call(home, "sync", "book", "--json")))
    assert runs[0]["pushed"] == contacts, runs[0]
    assert (runs[2]["annotated"], runs[2]["pushed"]) == (0, 0), runs[2]
    assert runs[3]["annotated"] >= contacts // 100, runs[3]
    return Figures(runs[0], runs[2], runs[3])


def change(activities: Path, contacts: int) -> None:
    """One more activity for every hundredth contact."""
    with activities.open("a", encoding="utf-8", newline="") as file:
        for number in range(100, contacts + 1, 100):
            file.write(
                f'B{number:07d},Call,2026-06-30 10:00,inbound,,"Asked to be called back.",C{number:06d},,U1,no\n'
            )


def _call(home: Path, *words: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_EXT_")}
    environment = kept | {"CRM_EXT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "crm_ext", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"crm-ext {' '.join(words)}: {done.stderr}")
    return done.stdout


def flat(figures: list[Figures]) -> None:
    """Raises AssertionError where memory passes the limit or grows with the contacts."""
    peaks = {each.contacts: each.peak for each in figures}
    assert max(peaks.values()) < LIMIT_MB, f"more than {LIMIT_MB:.0f} MB: {peaks}"
    growth = peaks[max(peaks)] - peaks[min(peaks)]
    assert growth <= SLOPE_MB, f"memory grows by {growth:.0f} MB from {min(peaks):,} to {max(peaks):,} contacts"


def main(sizes: list[int]) -> None:
    figures = []
    for size in sizes:
        figures.append(measured(size))
        print(figures[-1].line(), flush=True)
    flat(figures)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or list(SIZES))
