"""`python -m tests.bench.annotate [N] [--profile]`: contacts judged per CPU second, signals extracted, full playbook.

Five activities a contact as sales records hold them: calls, mails, meetings, orders, notes, every second one with a
signal. The goal is 20,000 contacts per CPU second.
"""

from __future__ import annotations

import cProfile
import pstats
import random
import sys
import time
from datetime import UTC, datetime, timedelta

from crm_ext import playbook
from crm_ext.annotate import annotate
from crm_ext.annotate.value import Purchases
from crm_ext.domain.events import Direction, Event, EventType, Signal, Timeline
from crm_ext.domain.records import Kind

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
CONTACTS, ACTIVITIES, ROUNDS = 400, 5, 100
MIX = (
    (EventType.CALL, Direction.OUTBOUND, 25),
    (EventType.EMAIL, Direction.OUTBOUND, 20),
    (EventType.EMAIL, Direction.INBOUND, 12),
    (EventType.MEETING, Direction.MUTUAL, 15),
    (EventType.ORDER, Direction.INBOUND, 10),
    (EventType.NOTE, Direction.INTERNAL, 12),
    (EventType.EVENT_ATTENDANCE, Direction.INBOUND, 4),
    (EventType.COMPLAINT, Direction.INBOUND, 2),
)


def timelines(count: int, seed: int = 1) -> list[Timeline]:
    chance = random.Random(seed)
    signals = [each for each in playbook.load().signals.values() if each.weight]
    return [
        Timeline(
            id=str(i),
            kind=Kind.KEY_ACCOUNT if i % 4 == 0 else Kind.INDIVIDUAL,
            events=tuple(_event(chance, [each.id for each in signals]) for _ in range(ACTIVITIES)),
        )
        for i in range(count)
    ]


def _event(chance: random.Random, signals: list[str]) -> Event:
    type_, direction, _ = chance.choices(MIX, [weight for _, _, weight in MIX])[0]
    found = (Signal(id=chance.choice(signals), rule="bench", start=0, end=5, quote="words"),)
    return Event(
        type=type_,
        at=AS_OF - timedelta(days=chance.randrange(1, 700), hours=chance.randrange(24)),
        direction=direction,
        amount=float(chance.randrange(20, 900)) if type_ is EventType.ORDER else None,
        signals=found if chance.random() < 0.5 else (),
    )


def rate(some: list[Timeline]) -> float:
    """The best of some rounds: other work on the machine only ever slows one down."""
    book, purchases = playbook.load(), Purchases()
    best = 0.0
    for _ in range(ROUNDS):
        began = time.process_time()
        for each in some:
            annotate(each, book, AS_OF, purchases)
        best = max(best, len(some) / (time.process_time() - began))
    return best


def main() -> None:
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    some = timelines(numbers[0] if numbers else CONTACTS)
    print(f"annotate: {rate(some):,.0f} contacts per CPU second, {ACTIVITIES} activities each")
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.runcall(rate, some[: len(some) // 4])
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
