"""Backup and restore, and a set-up that goes from one installation to another."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from crm_ext.config import Config
from crm_ext.errors import Conflict, CrmExtError
from crm_ext.store import accounts, db, schema, vault
from crm_ext.sync import backup, connections, transfer
from crm_ext.web.app import create_app
from tests import factories

SECRET = {"base_url": "https://crm.example.com", "api_key": "a-marked-secret"}


@pytest.fixture
def installation(app, config):
    vault.make_key_file(config)
    factories.account("admin")
    connections.add("crm", "espocrm", SECRET, actor="ada")
    return app


@pytest.fixture
def other(databases, tmp_path):
    """Another installation, with nothing in its database, not even tables."""
    home = tmp_path / "other"
    home.mkdir()
    with databases.fresh(empty=True) as url:
        app = create_app(Config(home=home, database_url=url))
        yield app
        with app.app_context():
            db.engine.dispose()


def test_a_backup_comes_back_with_the_secrets_it_can_read(installation, other, tmp_path):
    file = tmp_path / "all.backup"
    told = backup.backup(file)
    assert file.stat().st_mode & 0o777 == 0o600
    with other.app_context():
        assert backup.restore(file)["made_at"] == told["made_at"]
        assert connections.settings(connections.get("crm"))["api_key"] == "a-marked-secret"
        assert accounts.authenticate("admin@example.com", factories.PASSWORD).role == "admin"


def test_what_was_there_before_is_not_lost(installation, config, tmp_path):
    file = tmp_path / "all.backup"
    backup.backup(file)
    accounts.create("later@example.com", factories.PASSWORD)
    db.session.remove()
    if db.engine.dialect.name == "postgresql":
        with pytest.raises(Conflict, match="not empty"):
            backup.restore(file)
    else:
        backup.restore(file)
        assert [each.email for each in accounts.everybody()] == ["admin@example.com"]
        assert Path(f"{make_url(config.database).database}.before-restore").is_file()


@pytest.mark.parametrize("content", [b"", b"not a backup", None])
def test_what_is_no_backup_is_refused_and_changes_nothing(installation, tmp_path, content):
    file = tmp_path / "wrong.backup"
    if content is None:
        with tarfile.open(file, "w:gz"):
            pass
    else:
        file.write_bytes(content)
    with pytest.raises(backup.WrongBackup, match=r"wrong\.backup"):
        backup.restore(file)
    assert connections.get("crm").connector == "espocrm"


def test_a_backup_overwrites_nothing(installation, tmp_path):
    file = tmp_path / "all.backup"
    file.write_text("precious")
    with pytest.raises(Conflict):
        backup.backup(file)
    assert file.read_text() == "precious"
    assert [each.name for each in tmp_path.glob("*.half")] == []


def test_a_set_up_goes_to_another_installation_without_secrets(installation, other):
    connections.set_mapping(connections.get("crm"), '{"fields": {"contacts": {"title": "job"}}}', actor="ada")
    document = json.loads(json.dumps(transfer.export()))
    assert "a-marked-secret" not in json.dumps(document)
    with other.app_context():
        schema.migrate()
        vault.make_key_file(other.extensions["crm_ext"])
        told = transfer.take(document, actor="ada")
        assert "crm-ext connection set crm" in told[0]
        made = connections.get("crm")
        assert made.mapping == {"fields": {"contacts": {"title": "job"}}}
        assert made.settings["base_url"] == "https://crm.example.com"
        assert accounts.get("admin@example.com").role == "admin"
        connections.update(made, {"api_key": "new"}, actor="ada")
        assert transfer.take(document, actor="ada") == [
            "Changed the connection crm.",
            "admin@example.com is here already.",
        ]
        assert connections.settings(connections.get("crm"))["api_key"] == "new"


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"crm_ext": 99},
        {"crm_ext": 1, "connections": [{"name": "x"}]},
        {"crm_ext": 1, "connections": [{"name": "x", "connector": "folder", "settings": {"paht": 1}, "mapping": {}}]},
        {"crm_ext": 1, "users": [{"email": "nobody", "name": "", "role": "rep"}]},
        {"crm_ext": 1, "users": ["nobody"]},
    ],
)
def test_a_document_that_is_wrong_changes_nothing(installation, document):
    if isinstance(document, dict):
        document = {
            **document,
            "users": [{"email": "n@example.com", "name": "", "role": "rep"}, *document.get("users", [])],
        }
    with pytest.raises(CrmExtError):
        transfer.take(document, actor="ada")
    db.session.remove()
    assert [each.email for each in accounts.everybody()] == ["admin@example.com"]
    assert [each.name for each in connections.all_connections()] == ["crm"]


def test_with_a_lost_key_the_instance_starts_and_asks_again(installation, config):
    lost = create_app(replace(config, secret_keys=("f" * 43 + "=",)))
    with lost.app_context():
        assert connections.shown(connections.get("crm"))["api_key"] is None
        with pytest.raises(vault.KeyProblem, match="enter the secrets again"):
            connections.settings(connections.get("crm"))
        connections.update(connections.get("crm"), {"api_key": "again"}, actor="ada")
        assert connections.settings(connections.get("crm"))["api_key"] == "again"
        db.session.remove()
        db.engine.dispose()
