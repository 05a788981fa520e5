"""The purchase model of a connection's book: fitted now and then, stored as a version, used by every run between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, update

from crm_ext.annotate.portfolio import CLASS_SHARES, fit, shares
from crm_ext.annotate.value import Purchases, Summary, summary
from crm_ext.domain.events import Direction, Event, EventType
from crm_ext.domain.records import DealStatus, Stream
from crm_ext.store import db
from crm_ext.store.bulk import table_of
from crm_ext.store.models import ContactRow, DealRow, Participant, Portfolio
from crm_ext.sync import playbooks
from crm_ext.sync.work import Work

RENEWED_EVERY = timedelta(days=30)
MOVED = 0.05
DEALS, LINKS, CONTACTS = table_of(DealRow), table_of(Participant), table_of(ContactRow)


def renew(work: Work) -> None:
    """Fit a new model where there is none yet, it is old, or the number of buyers moved by 5 %."""
    last = _last(work.connection_id)
    if last is None or _worn(work, last):
        cuts = shares(playbooks.of(work))
        fitted = replace(fit(_summaries(work), classes=cuts), shares=cuts)
        work.session.add(Portfolio(connection_id=work.connection_id, as_of=work.as_of, payload=fitted.to_json()))
        _ask_buyers(work)
        work.commit()


def stored(connection_id: int) -> Purchases:
    """The model of the last run; the plain rule where there was none."""
    last = _last(connection_id)
    return Purchases() if last is None else Purchases.from_json(last.payload)


def _last(connection_id: int) -> Portfolio | None:
    query = select(Portfolio).where(Portfolio.connection_id == connection_id).order_by(Portfolio.id.desc())
    return db.session.scalars(query.limit(1)).first()


def _worn(work: Work, stored: Portfolio) -> bool:
    cuts = stored.payload.get("shares") or CLASS_SHARES
    if work.as_of - stored.as_of >= RENEWED_EVERY or cuts != shares(playbooks.of(work)):
        return True
    if not work.counts[f"pulled.{Stream.DEALS}"]:
        return False
    before = int(stored.payload["buyers"])
    return abs(_buyers(work) - before) > MOVED * max(before, 1)


def _orders(work: Work) -> ColumnElement[bool]:
    return and_(
        LINKS.c.connection_id == work.connection_id,
        LINKS.c.stream == Stream.DEALS.value,
        DEALS.c.status == DealStatus.WON.value,
        DEALS.c.at <= work.as_of,
    )


BOUGHT = LINKS.join(
    DEALS, (DEALS.c.connection_id == LINKS.c.connection_id) & (DEALS.c.external_id == LINKS.c.record_id)
)


def _buyers(work: Work) -> int:
    query = select(func.count(LINKS.c.contact_id.distinct())).select_from(BOUGHT).where(_orders(work))
    return work.session.scalar(query) or 0


def _summaries(work: Work) -> Iterator[Summary | None]:
    """Each buyer's orders in short, one buyer at a time."""
    query = select(LINKS.c.contact_id, DEALS.c.at, DEALS.c.amount, DEALS.c.currency).select_from(BOUGHT)
    query = query.where(_orders(work)).order_by(LINKS.c.contact_id).execution_options(yield_per=1000)
    buyer = ""
    orders: list[Event] = []
    for contact, at, amount, currency in work.session.execute(query):
        if contact != buyer and orders:
            yield summary(orders, work.as_of)
            orders = []
        buyer = contact
        orders.append(_order(at, amount, currency))
    if orders:
        yield summary(orders, work.as_of)


def _order(at: datetime, amount: object, currency: str) -> Event:
    money = float(str(amount)) if amount is not None else None
    return Event(
        type=EventType.ORDER, at=at.astimezone(UTC), direction=Direction.INBOUND, amount=money, currency=currency
    )


def _ask_buyers(work: Work) -> None:
    """Who bought is judged anew with the new model."""
    buyers = select(LINKS.c.contact_id).where(
        LINKS.c.connection_id == work.connection_id, LINKS.c.stream == Stream.DEALS.value
    )
    mine = (CONTACTS.c.connection_id == work.connection_id) & CONTACTS.c.external_id.in_(buyers)
    work.session.execute(update(CONTACTS).where(mine, ~CONTACTS.c.dirty).values(dirty=True))
