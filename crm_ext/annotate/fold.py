"""From events to facts: one pass in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import eq
from statistics import median
from typing import NamedTuple

from crm_ext.annotate.compiled import Compiled, SignalRow
from crm_ext.domain.events import Direction, Event, EventType, RecordRef, Signal, Timeline
from crm_ext.domain.records import Kind
from crm_ext.playbook.rules import Facts

DAY = timedelta(days=1)
INBOUND, OUTBOUND, MUTUAL, INTERNAL = Direction.INBOUND, Direction.OUTBOUND, Direction.MUTUAL, Direction.INTERNAL
NO_SIGNALS: tuple[Signal, ...] = ()

IMPLIED: Mapping[EventType, tuple[str, frozenset[str]]] = {
    EventType.REFERRAL: ("referral_made", frozenset({"referral_offered", "referral_refused", "rep_opinion"})),
    EventType.COMPLAINT: ("complaint_made", frozenset({"competitor_criticised", "complaint_repeated"})),
    EventType.EVENT_ATTENDANCE: ("attended_event", frozenset({"declined_event"})),
    EventType.TRAINING: ("training_held", frozenset()),
    EventType.AGREEMENT: (
        "mechanism_agreed",
        frozenset(
            {"plain_agreement", "mechanism_imposed", "mechanism_unused", "mechanism_proposed", "mechanism_broken"}
        ),
    ),
}
SPEAKING = frozenset({*IMPLIED, EventType.ORDER})
FACE_TO_FACE = frozenset({EventType.MEETING, EventType.VISIT, EventType.TRAINING, EventType.EVENT_ATTENDANCE})
LETTERS = frozenset({EventType.CALL, EventType.EMAIL, EventType.MESSAGE})
SILENT_TYPES = frozenset({EventType.NOTE, EventType.DEAL_STAGE})
LAST_AGE: Mapping[EventType, str] = {
    EventType.CALL: "call_age",
    EventType.MEETING: "meeting_age",
    EventType.VISIT: "meeting_age",
    EventType.GIFT: "gift_age",
}


class Effect(NamedTuple):
    """What an event's type and direction say by themselves."""

    tried: bool
    inbound: bool
    letter: bool
    reacted: bool
    met: str
    age: str


def _effect(type_: EventType, direction: Direction) -> Effect:
    met = type_ in FACE_TO_FACE and direction is not INTERNAL
    return Effect(
        tried=direction is OUTBOUND,
        inbound=direction is INBOUND,
        letter=direction is INBOUND and type_ in LETTERS,
        reacted=direction is INBOUND or (direction is MUTUAL and type_ not in SILENT_TYPES),
        met=("events_attended" if type_ is EventType.EVENT_ATTENDANCE else "meetings") if met else "",
        age=LAST_AGE.get(type_, ""),
    )


EFFECTS: Mapping[tuple[EventType, Direction], Effect] = {
    (type_, direction): _effect(type_, direction) for type_ in EventType for direction in Direction
}
Rows = dict[str, tuple[SignalRow, Signal | None]]
NO_ROWS: Rows = {}


class Line(NamedTuple):
    """A signal at its event, before decay."""

    row: SignalRow
    age: float
    at: datetime
    event: int
    signal: Signal | None
    record: RecordRef | None


class Fold:
    """The facts so far. `see` takes the events one by one, oldest first."""

    __slots__ = ("as_of", "compiled", "days", "events", "facts", "lines", "order_days", "personal", "typed_orders")

    def __init__(self, compiled: Compiled, timeline: Timeline, as_of: datetime) -> None:
        self.compiled = compiled
        self.as_of = as_of
        self.facts: Facts = compiled.blank.copy()
        self.facts["key_account"] = 1 if timeline.kind is Kind.KEY_ACCOUNT else 0
        self.lines: list[Line] = []
        self.days: list[int] = []
        self.order_days: list[int] = []
        self.events = timeline.events
        self.personal = False
        self.typed_orders: list[datetime] | None = None

    def see(self, index: int, event: Event) -> None:
        facts = self.facts
        age = (self.as_of - event.at) / DAY
        rows = self._rows(event) if event.signals or event.type in SPEAKING else NO_ROWS
        if event.automated or "automated_mail" in rows:
            facts["automated_mail"] += 1
            return
        facts["quiet"] = age
        reacted = self._count(index, event, age, rows) if rows else False
        effect = EFFECTS[event.type, event.direction]
        if effect.age:
            facts[effect.age] = age
        if effect.inbound:
            facts["inbound"] += 1
        if effect.letter:
            facts["letters"] += 1
        if effect.tried or "our_effort" in rows:
            self._tried(age)
        if reacted or effect.reacted:
            self._answered(event, age, effect.met or ("events_attended" if "attended_event" in rows else ""))

    def _rows(self, event: Event) -> Rows:
        """The event's signals by id: those of its text and the one that its type says."""
        known, type_ = self.compiled.signals, event.type
        rows: Rows = {each.id: (known[each.id], each) for each in event.signals or NO_SIGNALS if each.id in known}
        if type_ is EventType.ORDER:
            self._is_order(event, rows)
        elif type_ in IMPLIED:
            implied, vetoes = IMPLIED[type_]
            if implied in known and implied not in rows and vetoes.isdisjoint(rows):
                rows[implied] = (known[implied], None)
        elif "order_placed" in rows or "reorder_placed" in rows:
            self._told_order(event, rows)
        if not BASELESS.keys().isdisjoint(rows):
            for name, baseless in BASELESS.items():
                if name in rows and baseless(self, event, rows):
                    del rows[name]
        return rows

    def _is_order(self, event: Event, rows: Rows) -> None:
        """An order is one line, whatever its text says; money given back is a cancelled one."""
        rows.pop("order_placed", None)
        rows.pop("reorder_placed", None)
        back = event.amount is not None and event.amount < 0
        name = "order_cancelled" if back else "reorder_placed" if self.order_days else "order_placed"
        if name in self.compiled.signals:
            rows[name] = (self.compiled.signals[name], None)

    def _told_order(self, event: Event, rows: Rows) -> None:
        """An order told in a text is not counted beside the record of the same order."""
        if self.typed_orders is None:
            self.typed_orders = [each.at for each in self.events if each.type is EventType.ORDER]
        near = self.compiled.playbook.parameters["told_order_days"]
        if any(abs((each - event.at) / DAY) <= near for each in self.typed_orders):
            rows.pop("order_placed", None)
            rows.pop("reorder_placed", None)
        elif "reorder_placed" in rows:
            rows.pop("order_placed", None)

    def _count(self, index: int, event: Event, age: float, rows: Rows) -> bool:
        """Counts the signals, lets those that change the state of things do so; whether the customer reacted."""
        facts, reacted, acting = self.facts, False, []
        for name, (row, signal) in rows.items():
            if not facts[name] and row.marks:
                self._first(row)
            facts[name] += 1
            facts[row.age] = age
            if row.weight:
                self.lines.append(Line(row, age, event.at, index, signal, event.record))
            if row.opinion:
                facts[row.opinion] = age
            reacted |= row.reaction
            if name in HANDLERS:
                acting.append(name)
        for name in sorted(acting, key=RANK.__getitem__) if len(acting) > 1 else acting:
            HANDLERS[name](self, event, age)
        return reacted

    def _first(self, row: SignalRow) -> None:
        for group in row.groups:
            self.facts[group] += 1
        self.personal |= row.personal

    def _tried(self, age: float) -> None:
        facts = self.facts
        facts["attempts"] += 1
        facts["unanswered"] += 1
        facts["attempt_age"] = age
        if facts["complaint_open"] and facts["complaint_age"] > age:
            facts["complaint_answered"] = 1
        if facts["attempts"] == 1 and not facts["reactions"]:
            facts["silence"] = age

    def _answered(self, event: Event, age: float, met: str) -> None:
        facts = self.facts
        facts["reactions"] += 1
        facts["unanswered"] = 0
        facts["silence"] = age
        if met:
            facts[met] += 1
        self.days.append(event.at.toordinal())

    def done(self) -> Facts:
        """The facts, with those that need the whole pass."""
        facts, parameters = self.facts, self.compiled.playbook.parameters
        facts["events"] = len(self.events)
        facts["engagements"] = facts["meetings"] + facts["events_attended"] + facts["tried_product"]
        norm = _usual(self.days, int(parameters["norm_gaps"])) or parameters["norm_default"]
        facts["norm"] = norm = max(norm, parameters["norm_least"])
        facts["silence_ratio"] = facts["silence"] / norm
        usual = _usual(self.order_days, int(parameters["order_gaps"]))
        facts["order_ratio"] = facts["order_age"] / max(usual, parameters["norm_least"]) if usual else 0.0
        return facts


def gather(compiled: Compiled, timeline: Timeline, as_of: datetime) -> Fold:
    """All that was seen up to `as_of`, whatever the order of the input."""
    fold = Fold(compiled, timeline, as_of)
    events = timeline.events
    for index in _in_order(events):
        event = events[index]
        if event.at <= as_of:
            fold.see(index, event)
    return fold


def _in_order(events: Sequence[Event]) -> Sequence[int]:
    """The places of the events by time; those of one instant by what they are."""
    times = [each.at for each in events]
    order = sorted(range(len(times)), key=times.__getitem__)
    ordered = [times[i] for i in order]
    if not any(map(eq, ordered, ordered[1:])):
        return order
    whats = [(each.at, each.type, each.direction, each.text) for each in events]
    return sorted(range(len(whats)), key=whats.__getitem__)


def _usual(days: list[int], least: int) -> float:
    """The usual gap between days in order, 0 where there are fewer gaps than `least`."""
    if len(days) <= least:
        return 0.0
    gaps = [later - earlier for earlier, later in pairwise(days) if later > earlier]
    return float(median(gaps)) if len(gaps) >= least else 0.0


def _ordered(fold: Fold, event: Event, age: float) -> None:
    facts, day = fold.facts, event.at.toordinal()
    facts["orders"] += 1
    facts["reorders"] += 1 if fold.order_days and fold.order_days[-1] != day else 0
    facts["spent"] += event.amount or 0.0
    facts["order_age"] = age
    fold.order_days.append(day)
    _went_on(fold, event, age)


def _went_on(fold: Fold, _event: Event, age: float) -> None:
    """Whoever buys, praises or recommends after a complaint has stayed."""
    facts = fold.facts
    if facts["complaint_open"] and facts["complaint_age"] > age:
        facts["complaint_open"] = 0
        facts["complaint_stayed"] = 1


def _returned(fold: Fold, event: Event, age: float) -> None:
    """A deed of theirs for us; where a mechanism stands, one that lives by it."""
    if fold.facts["mechanism"]:
        fold.facts["mechanism_returns"] += 1
    _went_on(fold, event, age)


def _complained(fold: Fold, event: Event, age: float) -> None:
    facts = fold.facts
    settled = event.closed_at is not None and event.closed_at <= fold.as_of
    facts["complaints"] += 1
    facts["complaint_age"] = age
    facts["complaint_open"] = 0 if settled else 1
    facts["complaint_answered"] = 1 if settled else 0
    facts["complaint_stayed"] = 0


def _mishandled(fold: Fold, event: Event, age: float) -> None:
    if not fold.facts["complaint_open"]:
        _complained(fold, event, age)


def _resolved(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["complaint_open"] = 0
    fold.facts["complaint_answered"] = 1


def _agreed(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["mechanism"] = 1


def _lived(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["mechanism"] = 1
    fold.facts["mechanism_returns"] += 1


def _no_mechanism(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["mechanism"] = 0


def _broken(fold: Fold, event: Event, age: float) -> None:
    """A customer who tells us so complains."""
    fold.facts["mechanism"] = 0
    if event.direction is INBOUND and event.type in LETTERS:
        _complained(fold, event, age)


def _promised(fold: Fold, _event: Event, age: float) -> None:
    if not fold.facts["promises_open"]:
        fold.facts["promise_age"] = age
    fold.facts["promises_open"] += 1


def _promise_settled(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["promises_open"] = 0


def _owes(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["debt"] = 1


def _paid(fold: Fold, _event: Event, _age: float) -> None:
    fold.facts["debt"] = 0


Handler = Callable[[Fold, Event, float], None]
HANDLERS: Mapping[str, Handler] = {
    "mechanism_agreed": _agreed,
    "order_placed": _ordered,
    "reorder_placed": _ordered,
    "approval_with_reasons": _went_on,
    "referral_made": _returned,
    "sells_for_us": _returned,
    "group_order": _returned,
    "joint_business": _returned,
    "complaint_made": _complained,
    "complaint_repeated": _complained,
    "complaint_mishandled": _mishandled,
    "complaint_resolved": _resolved,
    "mechanism_imposed": _no_mechanism,
    "mechanism_unused": _no_mechanism,
    "mechanism_lived": _lived,
    "mechanism_broken": _broken,
    "mechanism_restored": _agreed,
    "promise_made": _promised,
    "promise_kept": _promise_settled,
    "promise_broken": _promise_settled,
    "non_payment": _owes,
    "paid": _paid,
}


def _no_complaint_before(fold: Fold, event: Event, rows: Rows) -> bool:
    """Nothing can be complained of again, or be handled badly, that was never complained of."""
    told = event.type is EventType.COMPLAINT or not TOLD.isdisjoint(rows)
    return not told and not fold.facts["complaints"]


def _between_partners(fold: Fold, _event: Event, rows: Rows) -> bool:
    """Where a mechanism stands, money that is late is the mechanism's affair."""
    return bool(fold.facts["mechanism"]) or "mechanism_restored" in rows


TOLD = frozenset({"complaint_made", "dissatisfied", "threatens_to_leave", "reaction_attack"})


def _with_an_order(_fold: Fold, event: Event, _rows: Rows) -> bool:
    """Who orders does not complain in the same breath."""
    return event.type is EventType.ORDER


def _rep_says_so(_fold: Fold, _event: Event, rows: Rows) -> bool:
    """The rep's own opinion shows nothing of the customer's character."""
    return "rep_opinion" in rows


BASELESS: Mapping[str, Callable[[Fold, Event, Rows], bool]] = {
    "complaint_made": _with_an_order,
    "personality_dominant": _rep_says_so,
    "personality_expressive": _rep_says_so,
    "personality_amiable": _rep_says_so,
    "personality_analytical": _rep_says_so,
    "complaint_repeated": _no_complaint_before,
    "complaint_mishandled": _no_complaint_before,
    "non_payment": _between_partners,
}
RANK = {name: rank for rank, name in enumerate(HANDLERS)}
