"""A change to one section of the playbook, typed in: checked, compared, tried, published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select

from crm_ext import reading
from crm_ext.errors import CrmExtError, NotFound
from crm_ext.playbook import BadPlaybook, Playbook, build
from crm_ext.playbook.diff import Difference, diff
from crm_ext.playbook.files import parsed, written
from crm_ext.store import db
from crm_ext.store.models import ContactRow
from crm_ext.sync import connections, playbooks
from crm_ext.sync.preview import preview

METHOD = "method"
MOST_TRIED = 5000


class Draft(NamedTuple):
    """One section as text, under a new version."""

    section: str
    text: str
    version: str


def sections(version: str | None = None) -> list[str]:
    return list(playbooks.documents(version))


def text(section: str, version: str | None = None) -> str:
    """A section as YAML. Raises NotFound."""
    found = playbooks.documents(version)
    if section not in found:
        raise NotFound(f"The playbook has no section {section!r}.", fix=f"There are: {', '.join(found)}.")
    return written(found[section], f"{section}.yaml")


def drafted(draft: Draft) -> Playbook:
    """The active playbook with the section in place of its own. Raises BadPlaybook with all that is wrong."""
    documents: dict[str, Any] = dict(playbooks.documents())
    documents[draft.section] = parsed(draft.text.encode(), f"{draft.section}.yaml")
    documents[METHOD] = {**documents[METHOD], "version": draft.version.strip() or documents[METHOD].get("version")}
    playbook = build(documents)
    try:
        reading.load(playbook)
    except CrmExtError as error:
        raise BadPlaybook([str(error)]) from error
    return playbook


def compared(playbook: Playbook) -> Sequence[Difference]:
    """What it changes in the active one."""
    return diff(playbooks.active(), playbook)


def tried(playbook: Playbook) -> dict[str, Any] | None:
    """What it would change for the contacts on hand; None where they are too many for a page to wait for."""
    count = db.session.scalar(select(func.count()).select_from(ContactRow)) or 0
    return preview(playbook, list(connections.all_connections())) if count <= MOST_TRIED else None


def next_version(version: str) -> str:
    """One that may follow: 2026.1 → 2026.2."""
    head, dot, last = version.rpartition(".")
    taken = {each.version for each in playbooks.versions()}
    number = int(last) if last.isdigit() else 0
    base = f"{head}{dot}" if last.isdigit() else f"{version}."
    return next(found for step in range(1, len(taken) + 2) if (found := f"{base}{number + step}") not in taken)
