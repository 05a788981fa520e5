"""The contract suite on a folder whose files say everything that the connector can read."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.folder import Folder
from crm_ext.connector_api import (
    Activity,
    CaseKind,
    Company,
    Contact,
    Deal,
    DealStatus,
    FieldMap,
    Kind,
    Stream,
    User,
)
from crm_ext.connector_api import (
    Case as CaseRecord,
)
from crm_ext.connector_api.testing import Case, ContractSuite

STATE = Path(__file__).parent / "state"
NO_NETWORK = "a folder is read without a network"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


EXPECTED = {
    Stream.USERS: (
        User(id="u1", name="Mara Finch", email="mara@example.com", active=True),
        User(id="u2", name="Tobias Rook", email="tobias@example.com", active=False),
    ),
    Stream.COMPANIES: (
        Company(
            id="f1",
            name="Elmstone Foundry Ltd",
            domain="elmstone.example.com",
            industry="Metal",
            owner_id="u1",
            updated_at=at(2026, 5, 2, 9, 30),
            custom={"region": "North"},
        ),
        Company(id="f2", name="云溪木业有限公司", domain="yunxi.example.com", industry="木业", owner_id="u2"),
    ),
    Stream.CONTACTS: (
        Contact(
            id="c1",
            name="Nora Ashdown",
            title="purchasing manager",
            email="nora@example.com",
            phone="+44 20 7946 0001",
            kind=Kind.KEY_ACCOUNT,
            company_id="f1",
            owner_id="u1",
            created_at=at(2026, 1, 5, 8),
            updated_at=at(2026, 6, 3, 14, 5),
            custom={"shoe_size": "39"},
        ),
        Contact(id="c2", name="林海燕", title="总经理", phone="010 5555 0102", kind=Kind.INDIVIDUAL, company_id="f2"),
        Contact(id="c3", name="Paul Birkwell", email="paul@example.com"),
        Contact(id="c4", name="Edda Coldmere", email="edda@example.com", owner_id="u2"),
    ),
    Stream.DEALS: (
        Deal(
            id="d1",
            at=at(2026, 4, 9),
            status=DealStatus.WON,
            name="Pump seals",
            stage="Closed won",
            amount=Decimal("3200.50"),
            currency="EUR",
            contact_ids=("c1", "c3"),
            company_id="f1",
            owner_id="u1",
            opened_at=at(2026, 3, 28),
            updated_at=at(2026, 4, 10, 11),
            custom={"channel": "fair"},
        ),
        Deal(
            id="d2", at=at(2026, 2, 1), name="密封圈", stage="洽谈", amount=Decimal(12000), currency="CNY",
            contact_ids=("c2",), opened_at=at(2026, 2, 1),
        ),
    ),
    Stream.ACTIVITIES: (
        Activity(
            id="a1",
            type="call",
            at=at(2026, 6, 3, 14, 5),
            direction="inbound",
            subject="Seals",
            text='Said "ring me\nback", twice',
            contact_ids=("c1",),
            company_id="f1",
            deal_id="d1",
            owner_id="u1",
            updated_at=at(2026, 6, 4),
            custom={"mood": "good"},
        ),
        Activity(
            id="a2", type="email", at=at(2026, 6, 1), direction="outbound", text="群发", contact_ids=("c2", "c3"),
            automated=True,
        ),
        Activity(id="a3", type="meeting", at=at(2026, 5, 30, 9), direction="mutual", text="面谈", contact_ids=("c2",)),
    ),
    Stream.CASES: (
        CaseRecord(
            id="k1",
            at=at(2026, 5, 5, 10),
            kind=CaseKind.COMPLAINT,
            subject="Seals swell",
            text="Four of ten out of tolerance.",
            status="Closed",
            closed_at=at(2026, 5, 8),
            contact_ids=("c1",),
            company_id="f1",
            owner_id="u1",
            updated_at=at(2026, 5, 9),
            custom={"line": "7"},
        ),
        CaseRecord(id="k2", at=at(2026, 6, 1), subject="怎么安装", status="Open", contact_ids=("c2",)),
    ),
}  # fmt: skip
CUSTOM = {
    Stream.COMPANIES: {"region": "Region"},
    Stream.CONTACTS: {"shoe_size": "Shoe size"},
    Stream.DEALS: {"channel": "Channel"},
    Stream.ACTIVITIES: {"mood": "Mood"},
    Stream.CASES: {"line": "Line"},
}


class FolderCase(Case):
    connector = Folder
    mapping = FieldMap(custom=CUSTOM)
    skips = {
        "prepare_writes": "columns are made when they are first written",
        "merged": "an export does not tell that two records became one",
        "bad_row": "a file takes any text",
        "empty_pages": "a file has no pages",
        "cursor_round": "a file has no cursor that could come round",
        **dict.fromkeys(
            (
                *("lost_token", "rate_limited", "server_error", "down", "truncated", "html", "reset"),
                *("push_survives", "counts_requests"),
            ),
            NO_NETWORK,
        ),
    }

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settings(self):
        return {"path": str(self.folder), "page_size": 1}

    def expected(self):
        return EXPECTED

    def reset(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(STATE, self.folder)

    def writes(self):
        return len(list(self.folder.glob("*.annotated.*")))

    def others(self):
        return {each.name: each.read_bytes() for each in self.folder.iterdir() if ".annotated." not in each.name}

    def change(self):
        """A blank is added to each file: a changed file is read wholly, so all of its records come again."""
        for each in self.folder.iterdir():
            with each.open("a", encoding="utf-8") as file:
                file.write("\n")
        return EXPECTED

    def delete(self):
        self._keep(lambda row: not row.startswith("a2,"), "activities.csv")
        return {Stream.ACTIVITIES: ["a2"]}

    def duplicate(self):
        path = self.folder / "contacts.csv"
        path.write_text(path.read_text("utf-8") + path.read_text("utf-8").splitlines()[-1] + "\n", "utf-8")

    def empty(self):
        for each in self.folder.iterdir():
            each.write_text(each.read_text("utf-8").splitlines()[0] + "\n", "utf-8")

    def gone_row(self):
        return "c99"

    def _keep(self, wanted, name):
        path = self.folder / name
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(each for each in lines if wanted(each)), "utf-8")


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return FolderCase(tmp_path_factory.mktemp("export") / "folder")


class TestFolder(ContractSuite):
    pass
