"""`doctor` finds what is wrong with an installation and says what to do about it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, make_url, text

from crm_ext.cli.doctor import clock, doctor, examined
from crm_ext.connector_api import Level
from crm_ext.store import vault


@pytest.fixture
def sound(config):
    vault.make_key_file(config)
    return config


def levels(config) -> dict[str, Level]:
    return {each.name: each.level for each in examined(config)}


def found(config, name):
    return next(each for each in examined(config) if each.name == name)


def test_a_sound_installation_has_nothing_to_mend(sound):
    assert Level.FAIL not in levels(sound).values(), examined(sound)


def test_every_finding_that_is_not_good_says_what_to_do(tmp_path, config):
    broken = [
        replace(config, home=tmp_path / "nowhere"),
        replace(config, database_url="postgresql://nobody@127.0.0.1:1/none"),
        replace(config, broker_url="redis://127.0.0.1:1/0"),
        replace(config, secret_keys=("no key",)),
    ]
    for each in broken:
        bad = [finding for finding in examined(each) if finding.level != Level.PASS]
        assert bad
        assert all(finding.detail and finding.fix for finding in bad), bad


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
        ({"database_url": "sqlite:////nowhere/at/all.sqlite"}, "database"),
        ({"broker_url": "redis://127.0.0.1:1/0"}, "broker"),
        ({"broker_url": "amqp://guest:guest@127.0.0.1:1//"}, "broker"),
        ({"secret_keys": ("no key",)}, "keys"),
    ],
)
def test_what_cannot_be_used_is_a_failure(sound, change, name):
    assert levels(replace(sound, **change))[name] == Level.FAIL


def test_a_database_without_tables_is_sent_to_init(databases, sound):
    with databases.fresh(empty=True) as url:
        if url.startswith("sqlite"):
            Path(make_url(url).database).touch()
        finding = found(replace(sound, database_url=url), "migrations")
    assert (finding.level, finding.fix) == (Level.FAIL, "Run: crm-ext init")


def test_a_database_of_a_newer_version_is_named(sound):
    engine = create_engine(sound.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_tomorrow'"))
    engine.dispose()
    finding = found(sound, "migrations")
    assert finding.level == Level.FAIL
    assert "newer" in finding.detail


def test_a_key_file_that_others_may_read_is_a_failure(sound):
    (sound.home / vault.KEY_FILE).chmod(0o644)
    finding = found(sound, "keys")
    assert finding.level == Level.FAIL
    assert "chmod 600" in finding.fix


def test_a_broker_without_shared_keys_is_a_warning(sound, broker_url):
    alone = replace(sound, broker_url=broker_url)
    assert levels(alone)["broker"] == Level.PASS
    assert levels(alone)["machines"] == Level.WARN
    together = replace(alone, secret_keys=(Fernet.generate_key().decode(),))
    assert "machines" not in levels(together)


def test_a_clock_that_is_behind_is_noticed(sound):
    engine = create_engine(sound.database_url)
    with engine.connect() as connection:
        assert clock(connection, sound).level == Level.PASS
    if engine.dialect.name == "sqlite":
        later = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
        os.utime(engine.url.database, (later, later))
        with engine.connect() as connection:
            assert clock(connection, sound).level == Level.WARN
    engine.dispose()


def test_the_command_prints_json_and_exits_with_one(sound, environment):
    good = CliRunner(env=environment).invoke(doctor, ["--json"])
    assert (good.exit_code, json.loads(good.stdout)["ok"]) == (0, True)
    bad = CliRunner(env=environment | {"CRM_EXT_BROKER_URL": "redis://127.0.0.1:1/0"}).invoke(doctor, ["--json"])
    assert (bad.exit_code, json.loads(bad.stdout)["ok"]) == (1, False)


def test_for_people_every_finding_is_a_line(sound, environment):
    said = CliRunner(env=environment).invoke(doctor)
    assert said.exit_code == 0
    assert [line.split(":")[0].split()[-1] for line in said.stdout.splitlines()] == [
        each.name for each in examined(sound)
    ]
