"""When the reader has learnt something, stored texts are read again; what is not kept needs a pull."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update

from crm_ext.playbook import load
from crm_ext.reading import load as reader_of
from crm_ext.store import db
from crm_ext.store.models import ActivityRow, Connection
from crm_ext.sync import playbooks
from tests.sync.conftest import Sync
from tests.sync.test_playbooks import changed, judged_with, more_cues


def signals(activity: str) -> set[str]:
    rows = db.session.scalar(select(ActivityRow.signals).where(ActivityRow.external_id == activity)) or []
    return {each[0] for each in rows}


def readers() -> set[str | None]:
    return set(db.session.scalars(select(ActivityRow.reader)))


def publish() -> str:
    book = changed("2026.2", more_cues)
    playbooks.publish(book, actor="ed")
    return reader_of(book).version


def test_new_cues_read_what_is_kept_and_judge_with_it(sync: Sync, connection: Connection) -> None:
    sync()
    assert readers() == {reader_of(load()).version}
    assert "breaks_off" not in signals("a1")
    version = publish()
    told = sync()
    assert (told["read_again"], told["unread"], told["pulled"]["activities"]) == (3, 0, 0)
    assert readers() == {version}
    assert "breaks_off" in signals("a1")
    assert judged_with()["c1"] == "2026.2"
    assert sync()["read_again"] == 0


def test_a_new_release_reads_again_and_judges_only_whom_it_concerns(sync: Sync) -> None:
    sync()
    db.session.execute(update(ActivityRow).values(reader="an older one"))
    db.session.execute(update(ActivityRow).where(ActivityRow.external_id == "a1").values(signals=[]))
    db.session.commit()
    told = sync()
    assert (told["read_again"], told["annotated"]) == (3, 1)
    assert signals("a1")


def test_what_is_not_kept_is_counted_and_comes_with_a_full_pull(sync: Sync) -> None:
    sync()
    kept = signals("a1")
    db.session.execute(
        update(ActivityRow).where(ActivityRow.external_id == "a1").values(text="", whole=False, reader="an older one")
    )
    db.session.commit()
    told = sync()
    assert (told["read_again"], told["unread"]) == (0, 1)
    assert signals("a1") == kept
    told = sync(full=True)
    assert (told["unread"], told["failed"]) == (0, 0)
    assert readers() == {reader_of(load()).version}


def test_a_dry_run_reads_again_and_keeps_nothing(sync: Sync) -> None:
    sync()
    version = publish()
    assert sync(dry_run=True)["read_again"] == 3
    assert version not in readers()
    assert sync()["read_again"] == 3


def test_stale_texts_are_found_through_an_index(sync: Sync) -> None:
    sync()
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL takes no index for three rows; it has the same one")
    for other in ("reader < 'x'", "reader > 'x'", "reader IS NULL"):
        query = f"EXPLAIN QUERY PLAN SELECT * FROM activities WHERE connection_id = 1 AND whole AND {other}"
        assert "ix_activities_reader" in str(db.session.execute(text(query)).all())
