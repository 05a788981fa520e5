"""Filling a real Tryton with the known state: over JSON-RPC, then its times in the database itself."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from tests.connectors.tryton import known
from tests.connectors.tryton.rpc import Client

STATED = {"party.relation.all": "party_relation"}
COUNTED = ("party_party", "party_category", "party_party-party_category", "ir_note", "party_contact_mechanism")


def seeded(base_url: str) -> None:
    """Make the records of `known`, with a company that the users belong to."""
    rpc = Client(base_url)
    rpc("currency.currency.create", known.CURRENCIES)
    rpc("party.party.create", [without(row, "active", "replaced_by") for row in known.PARTIES])
    company = rpc("company.company.create", [{"party": known.COMPANY, "currency": 1}])[0]
    employee = rpc("company.employee.create", [{"party": known.EMPLOYEE, "company": company}])[0]
    rpc("res.user.write", [1], {"companies": [["add", [company]]], "company": company})
    rpc(
        "res.user.create",
        [{**without(row, "active", "employees"), "password": "a long secret"} for row in known.USERS[1:]],
    )
    rpc("res.user.write", [2], {"companies": [["add", [company]]], "employees": [["add", [employee]]]})
    rpc.context = {"company": company}
    rpc("party.contact_mechanism.create", known.MECHANISMS)
    rpc("party.relation.type.create", known.RELATION_TYPES)
    rpc("party.relation.all.create", known.RELATIONS)
    rpc("sale.opportunity.create", [without(row, "state", "end_date") for row in known.OPPORTUNITIES])
    rpc("ir.note.create", known.NOTES)


def settled(database: Path) -> None:
    """Give every row its known times, and what no call can give: states, archived and replaced parties."""
    with sqlite3.connect(database) as connection:
        for model, rows in known.TABLES.items():
            table = STATED.get(model, model.replace(".", "_"))
            for id_ in range(1, len(rows) + 1):
                made, written = (stored(each) for each in known.stamps(model, id_))
                connection.execute(
                    f"update {table} set create_date = ?, write_date = ? where id = ?", (made, written, id_)
                )
        for id_, row in enumerate(known.OPPORTUNITIES, start=1):
            end = row["end_date"] and "{year:04}-{month:02}-{day:02}".format(**row["end_date"])
            connection.execute(
                "update sale_opportunity set state = ?, end_date = ? where id = ?", (row["state"], end, id_)
            )
        for id_, row in enumerate(known.USERS, start=1):
            connection.execute("update res_user set active = ? where id = ?", (row.get("active", True), id_))
        for id_, row in enumerate(known.PARTIES, start=1):
            connection.execute(
                "update party_party set active = ?, replaced_by = ? where id = ?",
                (row.get("active", True), row.get("replaced_by"), id_),
            )
        counting(connection)
    connection.close()


def counting(connection: sqlite3.Connection) -> None:
    """Let the database itself count what is written."""
    connection.execute("create table crm_ext_writes (count integer)")
    connection.execute("insert into crm_ext_writes values (0)")
    for table in COUNTED:
        for event in ("insert", "update", "delete"):
            connection.execute(
                f'create trigger "count_{table}_{event}" after {event} on "{table}" '
                "begin update crm_ext_writes set count = count + 1; end"
            )


def without(row: known.Row, *names: str) -> known.Row:
    return {name: value for name, value in row.items() if name not in names}


def stored(value: datetime | None) -> str | None:
    return value and value.strftime("%Y-%m-%d %H:%M:%S.%f")
