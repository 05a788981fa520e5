"""The log: only added to, whole, and silent about who was erased."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from crm_ext.store import audit, db, vault
from crm_ext.store.models import AuditEntry
from crm_ext.sync import keys


@pytest.fixture
def written(app, config):
    vault.make_key_file(config)
    for number in range(3):
        audit.record("ada", "override.set", f"1/c-{number}", ["stage"], before={"stage": ""}, after={"stage": "trust"})
    db.session.commit()


def entries():
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


def test_values_are_kept_encrypted_and_read_back(written):
    first = entries()[0]
    assert audit.values(first) == {"before": {"stage": ""}, "after": {"stage": "trust"}}
    assert "trust" not in first.sealed + repr(first.fields)
    assert list(audit.broken()) == []


def test_the_chain_survives_that_somebody_is_forgotten(written):
    audit.forget("1/c-1")
    db.session.commit()
    assert [audit.values(each) != {} for each in entries()] == [True, False, True]
    assert list(audit.broken()) == []


def test_values_survive_a_new_key_of_the_installation(written, config):
    keys.rotate(actor="ada")
    newest = vault.keys(config)[0]
    (config.home / "keys").write_text(newest)
    assert audit.values(entries()[0])["after"] == {"stage": "trust"}


def test_without_a_key_the_line_is_written_all_the_same(app):
    audit.record("ada", "override.set", "1/c-1", ["stage"], after={"stage": "trust"})
    assert [(each.sealed, audit.values(each)) for each in entries()] == [("", {})]


@pytest.mark.parametrize("statement", [update(AuditEntry).values(actor="eve"), delete(AuditEntry)])
def test_the_database_refuses_to_change_a_line(written, statement):
    with pytest.raises(DBAPIError, match="only added to"):
        db.session.execute(statement)
    db.session.rollback()
    assert len(entries()) == 3


def test_a_line_changed_behind_our_back_is_found(written):
    for change in ("update", "delete"):
        on = "" if db.engine.dialect.name == "sqlite" else " ON audit"
        db.session.execute(text(f"DROP TRIGGER audit_no_{change}{on}"))
    second = entries()[1].id
    db.session.execute(update(AuditEntry).where(AuditEntry.id == second).values(actor="eve"))
    db.session.commit()
    assert list(audit.broken()) == [second]
    db.session.execute(delete(AuditEntry).where(AuditEntry.id == second))
    assert list(audit.broken()) == [second + 1]


def test_many_who_write_at_once_make_one_chain(app):
    def write(number):
        with app.app_context():
            for _ in range(5):
                audit.record(f"worker-{number}", "test", "x")
                db.session.commit()
            db.session.remove()

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 20
    assert list(audit.broken()) == []
