"""A small book of made-up customers: records as a CRM has them, read and judged by the product itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from crm_ext import reading
from crm_ext.annotate import annotate
from crm_ext.annotate.explain import reasons
from crm_ext.domain.bundle import Bundle
from crm_ext.domain.events import Direction, EventType
from crm_ext.domain.packing import packed
from crm_ext.domain.records import Activity, Case, CaseKind, Company, Contact, Deal, DealStatus, Stream, User
from crm_ext.domain.tags import ALERTS, BAND, CLASS, NEXT_STEP, tag_values
from crm_ext.domain.timeline import signal_key, timeline
from crm_ext.playbook import load
from crm_ext.store import accounts, db, now
from crm_ext.store.models import (
    Account,
    ActivityRow,
    AnnotationRow,
    CaseRow,
    CompanyRow,
    Connection,
    ContactRow,
    DealRow,
    Move,
    Run,
    UserRow,
)
from crm_ext.store.rows import BY_STREAM

PASSWORD = "a calm morning"
AS_OF = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
MODELS = {
    Stream.USERS: UserRow,
    Stream.COMPANIES: CompanyRow,
    Stream.CONTACTS: ContactRow,
    Stream.DEALS: DealRow,
    Stream.ACTIVITIES: ActivityRow,
    Stream.CASES: CaseRow,
}

Touch = tuple[int, str, str, str]
"""Days ago, type, direction, text."""


def account(role: str = "admin", email: str | None = None, name: str = "") -> Account:
    return accounts.create(email or f"{role}@example.com", PASSWORD, role=role, name=name)


def connection(name: str = "export", connector: str = "folder", **values: object) -> Connection:
    made = Connection(name=name, connector=connector, settings={"path": "/srv/export"}, **values)
    db.session.add(made)
    db.session.commit()
    return made


def run(of: Connection, status: str = "done", **values: object) -> Run:
    made = Run(
        connection_id=of.id,
        status=status,
        as_of=AS_OF,
        started_at=AS_OF,
        finished_at=None if status in {"running", "queued"} else AS_OF + timedelta(seconds=42),
        **values,
    )
    db.session.add(made)
    db.session.commit()
    return made


reader = cache(reading.load)


@dataclass
class Book:
    """One connection's contacts. `person` adds one with what happened; `judge` makes the annotations."""

    connection: Connection
    bundles: list[Bundle] = field(default_factory=list)

    def keep(self, stream: Stream, record: object) -> None:
        shape = BY_STREAM[stream]
        row = {**shape.row(record), "connection_id": self.connection.id, "hash": shape.hash(record)}
        db.session.merge(MODELS[stream](**row))

    def owner(self, key: str, name: str, email: str) -> str:
        self.keep(Stream.USERS, User(id=key, name=name, email=email))
        return key

    def person(
        self,
        key: str,
        name: str,
        *,
        title: str = "",
        company: str = "",
        owner: str | None = None,
        touches: Sequence[Touch] = (),
        orders: Sequence[tuple[int, float]] = (),
        complaint: tuple[int, str] | None = None,
    ) -> None:
        firm = Company(id=f"f-{company}", name=company) if company else None
        contact = Contact(
            id=key,
            name=name,
            title=title,
            email=f"{key}@example.com",
            company_id=firm.id if firm else None,
            owner_id=owner,
        )
        bundle = Bundle(
            contact=contact,
            company=firm,
            activities=tuple(self._activity(key, n, touch) for n, touch in enumerate(touches)),
            deals=tuple(self._deal(key, n, *each) for n, each in enumerate(orders)),
            cases=(self._case(key, *complaint),) if complaint else (),
        )
        self.bundles.append(bundle)
        for stream, records in (
            (Stream.COMPANIES, [firm] if firm else []),
            (Stream.CONTACTS, [contact]),
            (Stream.ACTIVITIES, bundle.activities),
            (Stream.DEALS, bundle.deals),
            (Stream.CASES, bundle.cases),
        ):
            for record in records:
                self.keep(stream, record)

    def judge(self, run_id: int | None = None) -> None:
        for each in self.bundles:
            self._judge(each, run_id)
        db.session.commit()

    def _judge(self, bundle: Bundle, run_id: int | None) -> None:
        signals = dict(map(self._read, (*bundle.activities, *bundle.cases)))
        read = Bundle(
            contact=bundle.contact,
            company=bundle.company,
            activities=bundle.activities,
            deals=bundle.deals,
            cases=bundle.cases,
            signals=signals,
        )
        annotation = annotate(timeline(read), load(), AS_OF)
        values = tag_values(annotation, reasons(annotation, load()))
        stage = None if annotation.stage is None else int(annotation.stage)
        common = {"connection_id": self.connection.id, "trust_level": annotation.trust.level, "stage": stage}
        db.session.add(
            AnnotationRow(
                **common,
                contact_id=annotation.id,
                run_id=run_id,
                as_of=AS_OF,
                since=AS_OF,
                playbook=annotation.playbook,
                payload=packed(annotation),
            )
        )
        row = db.session.get(ContactRow, {"connection_id": self.connection.id, "external_id": annotation.id})
        row.stage, row.trust_level = stage, annotation.trust.level
        row.band, row.value_class = values[BAND], values[CLASS] or None
        row.alerts, row.next_step, row.dirty = values[ALERTS], values[NEXT_STEP], False
        row.written, row.written_at = values, AS_OF

    def _read(self, record: Activity | Case) -> tuple[str, tuple[object, ...]]:
        complaint = isinstance(record, Case)
        kind = EventType.COMPLAINT if complaint else EventType(record.type)
        direction = Direction.INBOUND if complaint else Direction(record.direction)
        found = reader().read([reading.Text(record.text, kind, direction)])[0]
        return signal_key(Stream.CASES if complaint else Stream.ACTIVITIES, record.id), found

    def _activity(self, key: str, number: int, touch: Touch) -> Activity:
        days, kind, direction, text = touch
        return Activity(
            id=f"{key}-a{number}",
            type=kind,
            at=AS_OF - timedelta(days=days),
            direction=direction,
            text=text,
            contact_ids=(key,),
        )

    def _deal(self, key: str, number: int, days: int, amount: float) -> Deal:
        return Deal(
            id=f"{key}-d{number}",
            at=AS_OF - timedelta(days=days),
            status=DealStatus.WON,
            name="Order",
            amount=Decimal(str(amount)),
            currency="EUR",
            contact_ids=(key,),
        )

    def _case(self, key: str, days: int, text: str) -> Case:
        return Case(
            id=f"{key}-c", at=AS_OF - timedelta(days=days), kind=CaseKind.COMPLAINT, text=text, contact_ids=(key,)
        )


PEOPLE: tuple[dict[str, Any], ...] = (
    {
        "key": "c-1",
        "name": "Clara Winslow",
        "title": "Head of purchasing",
        "company": "Harbour Mills",
        "owner": "u1",
        "orders": [(400, 2400.0), (210, 3150.0), (60, 3600.0)],
        "touches": [
            (420, "call", "outbound", "Introduced ourselves. She said to give her a ring next week."),
            (405, "meeting", "mutual", "Met at the mill. She asked how the filter works and what delivery takes."),
            (300, "event_attendance", "inbound", "Came to our seminar and brought a colleague along."),
            (
                150,
                "email",
                "inbound",
                "Your filters cut our cleaning time by half, I trust you and your team. Nobody else gets near that.",
            ),
            (45, "meeting", "mutual", "She recommended us to the plant next door and introduced their manager to me."),
            (12, "call", "inbound", "She rang: when do you come by again? We all miss your visits here."),
        ],
    },
    {
        "key": "c-2",
        "name": "Tomás Rivas",
        "title": "Owner",
        "company": "Rivas Workshop",
        "owner": "u1",
        "touches": [
            (40, "call", "outbound", "First call. He agreed to talk again on Tuesday."),
            (33, "meeting", "mutual", "Visited the workshop. He asked for the price and a sample."),
        ],
    },
    {
        "key": "c-3",
        "name": "陈思远",
        "title": "采购经理",
        "company": "海港机械",
        "owner": "u1",
        "orders": [(120, 18000.0), (35, 21000.0)],
        "touches": [
            (200, "visit", "outbound", "初次拜访，他愿意继续联系，约好下周再见面。"),
            (90, "event_attendance", "inbound", "参加了我们的产品讲座。"),
            (20, "message", "inbound", "你们的设备帮我们每个月省了两天工时，质量很稳定。"),
        ],
    },
    {
        "key": "c-4",
        "name": "Greta Lindqvist",
        "title": "Works manager",
        "company": "Nordlicht Papier",
        "owner": "u2",
        "orders": [(300, 5200.0), (190, 4800.0)],
        "touches": [
            (310, "meeting", "mutual", "Good meeting, she wants to go on."),
            (30, "email", "inbound", "The last delivery was late again and nobody called us back."),
        ],
        "complaint": (25, "The pump leaks after two weeks. We want it replaced."),
    },
    {"key": "c-5", "name": "Elif Demir", "title": "Buyer", "company": "Demir Textil", "owner": "u2"},
    {
        "key": "c-6",
        "name": "Walter Kern",
        "company": "Kern & Sons",
        "owner": "u2",
        "touches": [(90, "call", "outbound", "He said to stop calling and to take him off the list.")],
    },
)


def sample(name: str = "export") -> Book:
    """A handful of people, from strangers to allies; Mia looks after the first ones, Jonas after the others."""
    book = Book(connection(name))
    book.owner("u1", "Mia Hollis", "rep@example.com")
    book.owner("u2", "Jonas Adler", "jonas@example.com")
    for each in PEOPLE:
        book.person(**each)
    db.session.commit()
    book.judge()
    return book


def moves() -> None:
    """How the sample came to where it stands: everybody as an acquaintance at most, then on from there."""
    for number, row in enumerate(db.session.scalars(db.select(ContactRow)).all()):
        came, rose = (now() - timedelta(weeks=weeks - number % 3) for weeks in (9, 4))
        first = min(row.stage, 1) if row.stage is not None else None
        fixed = {"connection_id": row.connection_id, "contact_id": row.external_id, "run_id": 1, "playbook": "2026.1"}
        db.session.add(Move(**fixed, at=came, way="came", stage_to=first, band_to="low"))
        row.stage_since = came
        if first is not None and row.stage > first:
            more = {"stage_from": first, "stage_to": row.stage, "band_to": row.band, "cause": "wants_to_meet"}
            db.session.add(Move(**fixed, at=rose, way="rose", **more))
            row.stage_since = rose
    db.session.commit()
