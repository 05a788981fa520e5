"""The two Trytons of the contract test, in the same known state: a real one, and the double."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from crm_ext.connector_api.testing import Faults, forward, served
from tests.connectors.tryton import known, seed, trytond
from tests.doubles.tryton import TrytonDouble

OURS = "crm_ext%"
MARK = "[crm-ext]%"
OTHERS = {
    "party_party": ("select id, name, code, active, replaced_by from party_party order by id"),
    "links": (
        'select party, category from "party_party-party_category" where category not in '
        f"(select id from party_category where name like '{OURS}') order by party, category"
    ),
    "party_category": f"select * from party_category where name not like '{OURS}' order by id",
    "party_contact_mechanism": "select * from party_contact_mechanism order by id",
    "party_relation": "select * from party_relation order by id",
    "ir_note": f"select * from ir_note where message not like '{MARK}' order by id",
    "sale_opportunity": "select * from sale_opportunity order by id",
}
EMPTIED = ("ir_note", "sale_opportunity", "party_relation", "party_contact_mechanism", "party_party-party_category")


class Backend(Protocol):
    """A Tryton in the known state."""

    net: Faults
    base_url: str

    def reset(self) -> None: ...
    def writes(self) -> int: ...
    def others(self) -> Any: ...
    def empty(self) -> None: ...
    def refuse(self, party: int) -> None: ...
    def merge(self, party: int, into: int) -> None: ...


class Real:
    """A running trytond whose database file is put back under it."""

    def __init__(self, folder: Path, pristine: Path, upstream: str) -> None:
        self.database, self.pristine, self.upstream = folder / "crm.sqlite", pristine, upstream
        self.net = Faults(forward(upstream))
        self.base_url = ""
        self.refusing: int | None = None

    def reset(self) -> None:
        if self.refusing is not None:
            self.rpc("ir.rule.group.delete", [self.refusing])
            self.refusing = None
        trytond.copied(self.pristine, self.database)

    def rpc(self, method: str, *params: Any) -> Any:
        return seed.Client(self.upstream)(method, *params)

    def writes(self) -> int:
        return int(self.rows("select count from crm_ext_writes")[0][0])

    def others(self) -> Any:
        return {name: self.rows(query) for name, query in OTHERS.items()}

    def empty(self) -> None:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            for table in EMPTIED:
                connection.execute(f'delete from "{table}"')
            connection.execute("update party_party set active = 0, replaced_by = null")

    def refuse(self, party: int) -> None:
        """Let a rule of the server's forbid writing to one party."""
        allowed = {"perm_read": False, "perm_write": True, "perm_create": False, "perm_delete": False}
        rule = {"name": "refuse", "model": "party.party", "global_p": True, **allowed}
        domain = f'[["id", "!=", {party}]]'
        made = self.rpc("ir.rule.group.create", [{**rule, "rules": [["create", [{"domain": domain}]]]}])
        self.refusing = made[0]

    def merge(self, party: int, into: int) -> None:
        """Let Tryton's own wizard replace one party by another of the same name."""
        rpc = seed.Client(self.upstream)
        session, *_ = rpc.call("wizard.party.replace.create")
        rpc.call("wizard.party.replace.execute", session, {"ask": {"source": party, "destination": into}}, "replace")

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(query).fetchall()


class Doubled:
    """The double with the same rows."""

    def __init__(self) -> None:
        self.double = TrytonDouble({})
        self.net = Faults(self._app)
        self.base_url = ""

    def _app(self, environ: Any, start_response: Any) -> Any:
        return self.double(environ, start_response)

    def reset(self) -> None:
        self.double = TrytonDouble({model: list(rows(model)) for model in known.TABLES})

    def writes(self) -> int:
        return sum(sum(each.values()) for each in self.double.writes.values())

    def others(self) -> Any:
        tables = {model: table.rows for model, table in self.double.tables.items()}
        ours = {id_ for id_, row in tables["party.category"].items() if row["name"].startswith("crm_ext")}
        moved = ("write_date", "last_modified_at")
        return {
            **{model: {**tables[model]} for model in ("party.contact_mechanism", "sale.opportunity")},
            "notes": {id_: row for id_, row in tables["ir.note"].items() if not row["message"].startswith("[crm-ext]")},
            "categories": {id_: row for id_, row in tables["party.category"].items() if id_ not in ours},
            "parties": {
                id_: {
                    **{name: value for name, value in row.items() if name not in moved},
                    "categories": set(row.get("categories", ())) - ours,
                }
                for id_, row in tables["party.party"].items()
            },
        }

    def empty(self) -> None:
        users = {model: list(rows(model)) for model in ("res.user", "party.relation.type")}
        self.double = TrytonDouble(users)

    def refuse(self, party: int) -> None:
        self.double.refused = {party}

    def merge(self, party: int, into: int) -> None:
        self.double.do_write("party.party", [party], {"active": False, "replaced_by": into})


def rows(model: str) -> Iterator[dict[str, Any]]:
    """The known rows of a model as the double keeps them."""
    for id_, row in enumerate(known.TABLES[model], start=1):
        made, written = known.stamps(model, id_)
        own = {"currency": 1, "number": str(id_)} if model == "sale.opportunity" else {}
        number = 2 * id_ if model == "party.relation.all" else id_
        yield {"id": number, "create_uid": 1, "create_date": made, "write_date": written, "active": True, **own, **row}


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with trytond.alone():
        trytond.installed()
        pristine = filled(trytond.initialised())
    trytond.copied(pristine, folder / "crm.sqlite")
    with trytond.running(folder) as upstream:
        backend = Real(folder, pristine, upstream)
        with served(backend.net) as backend.base_url:
            yield backend


def filled(base: Path) -> Path:
    """The initialised database with the known state in it, kept in the cache as long as the state stays the same."""
    sources = [Path(module.__file__).read_bytes() for module in (known, seed)]
    pristine = base.parent / f"known-{hashlib.sha256(b''.join(sources)).hexdigest()[:12]}" / "crm.sqlite"
    if not pristine.exists():
        making = pristine.parent / "making"
        making.mkdir(parents=True, exist_ok=True)
        trytond.copied(base, making / "crm.sqlite")
        with trytond.running(making) as base_url:
            seed.seeded(base_url)
        seed.settled(making / "crm.sqlite")
        (making / "crm.sqlite").rename(pristine)
    return pristine


@contextmanager
def doubled() -> Iterator[Doubled]:
    backend = Doubled()
    with served(backend.net) as backend.base_url:
        yield backend
