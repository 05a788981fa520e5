"""Files larger than memory: what is needed does not grow with them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTE = "聊了很久。" * 20
SMALL, LARGE = 5_000, 40_000
GROWTH = 12
"""Megabytes by which the larger export may need more: caches that fill up once."""

WORK = """
import json, sys
from pathlib import Path
from connectors.folder import Folder
from crm_ext.connector_api import Part, Row, Stream
connector = Folder({"path": sys.argv[1]})
records = sum(len(page.changes) for stream in Stream for page in connector.pull(Part(stream), None))
rows = (Row(f"c{number}", {"crm_ext_reasons": "because " * 30}) for number in range(int(sys.argv[2])))
written = sum(each.outcome == "ok" for each in connector.push(rows))
rows = (Row(f"c{number}", {"crm_ext_stage": "trust"}) for number in range(int(sys.argv[2])))
written += sum(each.outcome == "ok" for each in connector.push(rows))
read = sum(len(page.changes) for page in connector.pull(Part(Stream.CONTACTS), None))
status = Path("/proc/self/status").read_text()
peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps([records, written, read, int(peak) / 1024]))
"""


def export(folder: Path, contacts: int) -> None:
    """Contacts with two activities each, which name them by e-mail."""
    with (folder / "contacts.csv").open("w", encoding="utf-8") as file:
        file.write("Contact ID,Name,Email\n")
        file.writelines(f"c{each},Nora {each},nora{each}@example.com\n" for each in range(contacts))
    with (folder / "activities.csv").open("w", encoding="utf-8") as file:
        file.write("Activity ID,Date,Contact,Notes\n")
        file.writelines(
            f"a{each},2026-06-03 14:05,nora{each // 2}@example.com,{NOTE}\n" for each in range(2 * contacts)
        )


@pytest.fixture(scope="module")
def needed(tmp_path_factory) -> dict[int, float]:
    """Peak megabytes of a process that pulls an export, writes it twice, and pulls it again, by size."""
    found = {}
    for contacts in (SMALL, LARGE):
        folder = tmp_path_factory.mktemp("export")
        export(folder, contacts)
        ended = subprocess.run(
            [sys.executable, "-c", WORK, str(folder), str(contacts)],
            cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True,
        )  # fmt: skip
        records, written, read, found[contacts] = json.loads(ended.stdout)
        assert (records, written, read) == (3 * contacts, 2 * contacts, contacts)
    return found


def test_memory_does_not_grow_with_the_export(needed):
    assert needed[LARGE] - needed[SMALL] < GROWTH, needed


def test_memory_is_small(needed):
    assert needed[LARGE] < 150, needed
