"""Versions of the playbook: published, used by the next run, kept with what they judged, and taken back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crm_ext.errors import Conflict, CrmExtError, NotFound
from crm_ext.playbook import Playbook, build, load
from crm_ext.store import audit, db
from crm_ext.store.models import AnnotationRow, AuditEntry, Connection, ContactRow, PlaybookRow, Run
from crm_ext.sync import card, playbooks, runs
from crm_ext.sync.engine import road
from crm_ext.sync.preview import preview
from crm_ext.sync.work import Options
from tests.sync.conftest import Book, Sync

Change = Callable[[dict[str, Any]], None]


def changed(version: str, change: Change = lambda _: None) -> Playbook:
    documents = copy.deepcopy(dict(load().documents))
    documents["method"]["version"] = version
    change(documents)
    return build(documents)


def everybody_dormant(documents: dict[str, Any]) -> None:
    row = next(each for each in documents["alerts"]["alerts"] if each["id"] == "dormant")
    row["when"] = "events"


def more_cues(documents: dict[str, Any]) -> None:
    """Who asks for a call breaks off with us: wrong, and easily told apart."""
    documents["cues"]["rules"]["trade"] |= {"breaks_off": {"flags": "@neg @if @any", "en": "call me next_week"}}


def called_otherwise(documents: dict[str, Any]) -> None:
    for row in documents["tactics"]["tactics"]:
        row["text"]["en"] = f"Now: {row['text']['en']}"


def versions() -> list[tuple[str, bool]]:
    return [(each.version, each.active) for each in playbooks.versions()]


def judged_with() -> dict[str, str]:
    query = select(AnnotationRow.contact_id, AnnotationRow.playbook).where(AnnotationRow.current)
    return {row.contact_id: row.playbook for row in db.session.execute(query)}


def test_at_first_the_one_that_ships_is_active(app: object) -> None:
    assert versions() == [("2026.1", True)]
    assert playbooks.active() is load()


def test_a_published_version_judges_everybody_at_the_next_run(book: Book, sync: Sync, connection: Connection) -> None:
    sync()
    assert sync()["annotated"] == 0
    differences = playbooks.publish(changed("2026.2", everybody_dormant), note="try", actor="ed")
    assert {each.place for each in differences} == {"method.version", "alerts.alerts.dormant.when"}
    assert versions() == [("2026.2", True), ("2026.1", False)]
    assert judged_with() == dict.fromkeys(book.contacts, "2026.1")
    told = sync()
    assert (told["annotated"], told["read_again"], told["unread"]) == (4, 0, 0)
    assert judged_with() == dict.fromkeys(book.contacts, "2026.2")
    assert "dormant" in book.annotated["c2"]["crm_ext_alerts"]
    assert sync()["annotated"] == 0


def test_a_version_is_taken_back(book: Book, sync: Sync) -> None:
    sync()
    before = book.annotated
    playbooks.publish(changed("2026.2", everybody_dormant), actor="ed")
    sync()
    playbooks.rollback("2026.1", actor="ed")
    assert versions()[1] == ("2026.1", True)
    assert sync()["annotated"] == 4
    assert book.annotated == before
    playbooks.rollback("2026.2", actor="ed")
    assert playbooks.active().version == "2026.2"


def test_publishing_and_taking_back_stand_in_the_audit_log(app: object) -> None:
    playbooks.publish(changed("2026.2", everybody_dormant), actor="ed")
    playbooks.rollback("2026.1", actor="amy")
    lines = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(each.actor, each.action, each.subject) for each in lines] == [
        ("ed", "playbook.publish", "2026.2"),
        ("amy", "playbook.rollback", "2026.1"),
    ]
    assert "alerts.alerts.dormant.when" in lines[0].fields["names"]
    assert list(audit.broken()) == []


def test_what_cannot_be_published_changes_nothing(app: object) -> None:
    with pytest.raises(Conflict, match="Nothing differs"):
        playbooks.publish(changed("2026.1"), actor="ed")
    with pytest.raises(Conflict, match=r"2026\.1 is there already.*2026\.2"):
        playbooks.publish(changed("2026.1", everybody_dormant), actor="ed")
    with pytest.raises(NotFound, match=r"2025\.9"):
        playbooks.rollback("2025.9", actor="ed")
    with pytest.raises(Conflict, match="is the active playbook"):
        playbooks.rollback("2026.1", actor="ed")
    assert versions() == [("2026.1", True)]


def test_a_run_in_progress_keeps_the_version_it_began_with(book: Book, connection: Connection) -> None:
    with runs.under_way(connection, "sync", Options()) as work:
        playbooks.adopt(work)
        playbooks.publish(changed("2026.2", everybody_dormant), actor="ed")
        road(work)
    assert judged_with() == dict.fromkeys(book.contacts, "2026.1")
    assert db.session.scalars(select(Run.options)).one()["playbook"] == "2026.1"
    with runs.under_way(connection, "sync", Options()) as work:
        road(work)
    assert judged_with() == dict.fromkeys(book.contacts, "2026.2")


def test_an_annotation_is_shown_in_the_words_it_was_made_with(sync: Sync, connection: Connection) -> None:
    sync()
    before = card.card(connection, "c2", "en")["annotation"]["tactics"]
    playbooks.publish(changed("2026.2", called_otherwise), actor="ed")
    assert card.card(connection, "c2", "en")["annotation"]["tactics"] == before
    sync()
    now = card.card(connection, "c2", "en")["annotation"]["tactics"]
    assert now[0]["text"] == f"Now: {before[0]['text']}"


def test_a_dry_run_with_a_new_version_keeps_nothing(book: Book, sync: Sync) -> None:
    sync()
    playbooks.publish(changed("2026.2", everybody_dormant), actor="ed")
    dry = sync(dry_run=True)
    assert dry["annotated"] == 4
    assert judged_with() == dict.fromkeys(book.contacts, "2026.1")
    assert sync()["annotated"] == 4


def test_preview_counts_what_moves_and_keeps_nothing(sync: Sync, connection: Connection) -> None:
    sync()
    told = preview(changed("2026.2", everybody_dormant), [connection])
    assert (told["playbook"], told["against"]) == ("2026.2", "2026.1")
    assert (told["contacts"], told["reads_again"]) == (4, False)
    raised = {each["id"]: each["raised"] for each in told["alerts"]}
    assert raised["dormant"] >= 1
    assert {each["field"] for each in told["examples"]} >= {"alerts"}
    assert told["changed"] == len({each["external_id"] for each in told["examples"]})
    assert sum(move["contacts"] for move in told["next_step"]) <= told["changed"]
    assert db.session.scalars(select(PlaybookRow.version)).all() == ["2026.1"]
    assert not db.session.scalars(select(ContactRow.external_id).where(ContactRow.dirty)).all()
    assert preview(changed("2026.2"), [connection])["changed"] == 0


def test_preview_reads_with_the_new_cues(sync: Sync, connection: Connection) -> None:
    sync()
    told = preview(changed("2026.2", more_cues), [connection])
    assert told["reads_again"]
    assert [each["external_id"] for each in told["examples"] if each["field"] == "stage"] == ["c1"]


def test_a_published_playbook_that_a_new_release_cannot_use_is_named(app: object) -> None:
    row = PlaybookRow(version="2020.1", digest="0" * 64, documents='{"method": {}}', active=True)
    db.session.add(row)
    db.session.commit()
    with pytest.raises(CrmExtError, match=r"2020\.1.*does not suit this release.*playbook rollback 2026\.1"):
        playbooks.active()
    playbooks.rollback("2026.1", actor="ed")
    assert playbooks.active() is load()
