"""A run's page: what it did to whom, what was given up, and all of it to take away."""

from __future__ import annotations

import csv
import io

import pytest

from crm_ext.store import db, vault
from crm_ext.store.models import Failure, OutboxRow, Run
from crm_ext.sync import connections, engine
from crm_ext.sync.work import Options
from crm_ext.web.tables import harmless


@pytest.fixture
def synced(app, config, tmp_path):
    """A connection whose contacts were written once; one has a name that a spreadsheet would run."""
    vault.make_key_file(config)
    rows = "Contact ID,Name,Email\nc1,Ida Brook,ida@example.com\nc2,=1+1,tom@example.com\n"
    (tmp_path / "contacts.csv").write_text(rows, encoding="utf-8")
    made = connections.add("book", "folder", {"path": str(tmp_path)}, actor="test")
    run = db.session.get_one(Run, engine.sync(made, Options())["run"])
    return made, run


def taken(answer) -> list[dict[str, str]]:
    assert answer.content_type.startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_the_table_holds_every_field_written(synced, signed_in):
    _, run = synced
    rows = taken(signed_in("manager").get(f"/runs/{run.id}/records.csv"))
    mine = {row["field"]: (row["old"], row["new"]) for row in rows if row["contact"] == "c1"}
    assert mine["crm_ext_stage"] == ("", "unknown")
    assert {row["state"] for row in rows} == {"written"}
    assert {row["name"] for row in rows} == {"Ida Brook", "'=1+1"}


def test_what_failed_stands_in_the_table_with_its_reason(synced, signed_in):
    _, run = synced
    db.session.add(Failure(run_id=run.id, stream="contacts", external_id="c9", place="write", reason="@locked"))
    db.session.commit()
    rows = taken(signed_in("manager").get(f"/runs/{run.id}/records.csv"))
    assert [(row["contact"], row["state"], row["reason"]) for row in rows if row["state"] != "written"] == [
        ("c9", "refused", "'@locked")
    ]


def test_taking_it_away_is_in_the_audit_log(synced, signed_in):
    from crm_ext.store.models import AuditEntry

    signed_in("manager").get(f"/runs/{synced[1].id}/records.csv")
    last = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.actor, last.action, last.subject) == ("manager@example.com", "run.export", str(synced[1].id))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@now", "'@now"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1+1", "'＝1+1"),
        ("-12.5", "-12.5"),
        ("+49", "+49"),
        ("plain", "plain"),
        (None, ""),
        (7, "7"),
    ],
)
def test_a_cell_is_never_a_command(value, shown):
    assert harmless(value) == shown


def test_a_contact_is_found_with_what_the_run_did(synced, signed_in):
    _, run = synced
    manager = signed_in("manager")
    for asked in ("ida", "c1", "ida@example"):
        page = manager.get(f"/runs/{run.id}?q={asked}").text.split('id="records"')[1]
        assert [
            said for said in ("Ida Brook", "Read", "Judged", "Written", "Relationship stage:") if said not in page
        ] == [], page
    assert "Nobody like that" in manager.get(f"/runs/{run.id}?q=nobody").text


def test_what_was_given_up_is_listed_and_sent_again(synced, signed_in):
    connection, run = synced
    values = {"crm_ext_stage": "trust"}
    db.session.add(
        OutboxRow(
            connection_id=connection.id, contact_id="c1", run_id=run.id, values=values, state="failed", attempts=3,
            reason="The field is locked.",
        )
    )  # fmt: skip
    db.session.commit()
    assert "Send again" not in signed_in("manager").get(f"/runs/{run.id}").text
    admin = signed_in("admin")
    assert "The field is locked." in admin.get(f"/runs/{run.id}").text
    answer = admin.post(f"/connections/{connection.id}/resend", page=f"/runs/{run.id}")
    row = db.session.get_one(OutboxRow, (connection.id, "c1"))
    assert (row.state, row.attempts, row.reason) == ("waiting", 0, "")
    assert db.session.get_one(Run, int(answer.location.rsplit("/", 1)[1])).status == "queued"


def test_the_contacts_page_tells_it_step_by_step(synced, signed_in):
    connection, run = synced
    page = signed_in("admin").get(f"/contacts/{connection.id}/c1").text.split('id="trace"')[1]
    assert page.index("Written") < page.index("Judged") < page.index("Read")
    assert f'href="/runs/{run.id}"' in page
