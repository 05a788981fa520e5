"""The versions of the playbook: which one judges, which one judged, and how one is published or taken back.

Until one is published, the playbook of the installed release counts. Versions never change once they are there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, update

from crm_ext import reading
from crm_ext.errors import Conflict, CrmExtError, NotFound
from crm_ext.playbook import BadPlaybook, Playbook, build, load
from crm_ext.playbook.diff import Difference, diff
from crm_ext.store import audit, db, now
from crm_ext.store.models import PlaybookRow
from crm_ext.store.removal import mark_all_dirty
from crm_ext.sync.work import Work


class Version(NamedTuple):
    """A version that can be gone back to. `shipped`: it came with the product; `at` and `actor`: who published it."""

    version: str
    active: bool
    shipped: bool
    note: str
    actor: str
    at: datetime | None


def active() -> Playbook:
    """The playbook that new judgements are made with."""
    row = db.session.execute(select(PlaybookRow.version, PlaybookRow.digest).where(PlaybookRow.active)).first()
    return load() if row is None else _built(row.version, row.digest)


def named(version: str) -> Playbook:
    """A version by its name. Raises NotFound."""
    query = select(PlaybookRow.digest, PlaybookRow.shipped).where(PlaybookRow.version == version)
    row = db.session.execute(query).first()
    if version == load().version and (row is None or row.shipped):
        return load()
    if row is None:
        raise NotFound(f"There is no playbook {version}.", fix="List them with: crm-ext playbook list")
    return _built(version, row.digest)


def judged(version: str) -> Playbook:
    """The playbook that made an annotation; the active one where it is lost."""
    try:
        return named(version)
    except NotFound:
        return active()


def versions() -> list[Version]:
    """Newest first; the one of the installed release is always among them."""
    rows = db.session.scalars(select(PlaybookRow).order_by(PlaybookRow.at.desc(), PlaybookRow.version)).all()
    found = [Version(each.version, each.active, each.shipped, each.note, each.actor, each.at) for each in rows]
    standing = any(each.active for each in found)
    here = load().version
    if all(each.version != here for each in found):
        found.append(Version(here, active=False, shipped=True, note="", actor="", at=None))
    if standing:
        return found
    return [each._replace(active=each.version == here) for each in found]


def documents(version: str | None = None) -> Mapping[str, Any]:
    """What a version, the active one by default, is made of; also of one that this release cannot use."""
    wanted = version or next(each.version for each in versions() if each.active)
    return _stored(wanted) or named(wanted).documents


def opened(path: Path) -> Playbook:
    """The playbook of a file or folder, checked to its last rule. Raises BadPlaybook with all that is wrong."""
    playbook = load(path)
    try:
        reading.load(playbook)
    except CrmExtError as error:
        raise BadPlaybook([f"{path.name}, cues: {error}"]) from error
    return playbook


def publish(playbook: Playbook, *, note: str = "", actor: str) -> Sequence[Difference]:
    """Make a playbook the active one; returns what differs from the one before. All contacts are judged with it next.

    Raises Conflict for a version that is there already.
    """
    differences = diff(_before(), playbook)
    if not differences:
        raise Conflict("Nothing differs from the published playbook.", fix="Change something, and its version.")
    taken = {each.version for each in versions()}
    if playbook.version in taken:
        raise Conflict(
            f"method, version: {playbook.version} is there already, with other content.",
            fix=f"Write another, as {_next(playbook.version, taken)}.",
        )
    _stand_down()
    _keep(playbook, active=True, note=note, actor=actor)
    audit.record(actor, "playbook.publish", playbook.version, sorted({each.place for each in differences})[:MOST_NAMED])
    db.session.commit()
    return differences


def rollback(version: str, *, actor: str) -> Playbook:
    """Make an earlier version the active one again. Raises NotFound, and Conflict for the one that is active."""
    playbook = named(version)
    if version == next(each.version for each in versions() if each.active):
        raise Conflict(f"{version} is the active playbook.", fix="List the others with: crm-ext playbook list")
    _stand_down()
    if playbook is not load():
        db.session.execute(update(PlaybookRow).where(PlaybookRow.version == version).values(active=True))
    audit.record(actor, "playbook.rollback", version)
    db.session.commit()
    return playbook


MOST_NAMED = 50
"""So many changed places are named in the audit log."""


def adopt(work: Work) -> None:
    """Fix the playbook of a run that begins. Where its contacts were judged with another, all of them are due."""
    if "playbook" not in work.run.options:
        begun = active()
        if begun is load():
            _keep_shipped()
        work.run.options = {**work.run.options, "playbook": begun.version}
    mark = digest(of(work))
    if work.connection.judged_with != mark:
        mark_all_dirty(work.session, work.connection_id)
        if work.connection.judged_with is not None:
            work.connection.prepared_at = None  # the choices of our fields are the playbook's
        work.connection.judged_with = mark
    work.commit()


def of(work: Work) -> Playbook:
    """The playbook that a run began with, also when it is taken up again."""
    version = work.run.options.get("playbook")
    return judged(version) if version else active()


@lru_cache(maxsize=8)
def digest(playbook: Playbook) -> str:
    return sha256(_text(playbook).encode()).hexdigest()


def _text(playbook: Playbook) -> str:
    return json.dumps(playbook.documents, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=8)
def _built(version: str, _digest: str) -> Playbook:
    """The stored playbook; `_digest` tells two of the same version, in two databases, apart."""
    try:
        return build(_stored(version))
    except BadPlaybook as error:
        raise CrmExtError(
            f"The playbook {version}, which was published here, does not suit this release: {error.findings[0]}",
            fix=f"Go back to the release's own: crm-ext playbook rollback {load().version}",
        ) from error


def _stored(version: str) -> dict[str, Any]:
    text = db.session.scalar(select(PlaybookRow.documents).where(PlaybookRow.version == version))
    return json.loads(text) if text else {}


def _before() -> Playbook:
    """The active playbook; the release's own in place of one that a new release cannot use."""
    try:
        return active()
    except CrmExtError:
        return load()


def _stand_down() -> None:
    db.session.execute(update(PlaybookRow).where(PlaybookRow.active).values(active=False))
    _keep_shipped()


def _keep_shipped() -> None:
    """What judges is kept: its annotations are shown in its words, whatever the next release ships."""
    row = db.session.get(PlaybookRow, load().version)
    if row is None:
        _keep(load(), shipped=True)
    elif row.shipped and row.digest != digest(load()):
        row.digest, row.documents, row.at = digest(load()), _text(load()), now()


def _keep(playbook: Playbook, *, active: bool = False, shipped: bool = False, note: str = "", actor: str = "") -> None:
    db.session.add(
        PlaybookRow(
            version=playbook.version,
            digest=digest(playbook),
            documents=_text(playbook),
            active=active,
            shipped=shipped,
            note=note,
            actor=actor,
        )
    )
    db.session.flush()


def _next(version: str, taken: set[str]) -> str:
    """A free version after this one: 2026.1 → 2026.2."""
    head, _, last = version.rpartition(".")
    numbers = range(int(last) + 1, 10_000) if last.isdigit() else range(1, 10_000)
    stem = head if last.isdigit() else version
    return next(name for number in numbers if (name := f"{stem}.{number}".lstrip(".")) not in taken)
