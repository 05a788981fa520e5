"""The facts that rules may speak of: what the annotator works out from the events before it judges.

Besides these every signal is a fact of its own (how often it was seen), and `<signal>_age` the days since the last
time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

NEVER = 1e9

COUNTS: Mapping[str, str] = MappingProxyType(
    {
        "events": "events seen",
        "attempts": "times that we reached out",
        "reactions": "things that the customer did or said, of any kind",
        "inbound": "things that the customer began",
        "letters": "calls, mails and messages that the customer began",
        "meetings": "times face to face",
        "events_attended": "our events that they came to",
        "engagements": "meetings, events attended and trials together",
        "orders": "orders",
        "reorders": "orders after the first, on other days",
        "unanswered": "our last attempts in a row without any reaction",
        "key_account": "1 for a key account",
        "complaints": "complaints about us",
        "complaint_open": "1 while the last complaint is not settled",
        "complaint_answered": "1 if we reacted after the last complaint",
        "complaint_stayed": "1 if they went on with us after the last complaint",
        "mechanism": "1 while a mutual return mechanism stands",
        "mechanism_returns": "returns and referrals since it was agreed",
        "promises_open": "promises of ours neither kept nor broken",
        "norm": "usual days between two reactions, at least a week",
        "spent": "money so far",
        "debt": "1 while they owe us",
    }
)

AGES: Mapping[str, str] = MappingProxyType(
    {
        "silence": "days since the customer's last reaction, or since our first attempt",
        "quiet": "days since anything happened",
        "attempt_age": "days since we last reached out",
        "order_age": "days since the last order",
        "first_age": "days since the first event",
        "positive_age": "days since the last thing that speaks for us",
        "negative_age": "days since the last thing that speaks against us",
        "complaint_age": "days since the last complaint",
        "promise_age": "days since the oldest open promise",
        "call_age": "days since the last call",
        "meeting_age": "days since the last time face to face",
        "gift_age": "days since our last gift",
    }
)

RATIOS: Mapping[str, str] = MappingProxyType(
    {
        "silence_ratio": "silence in the contact's own usual gaps",
        "order_ratio": "days since the last order in usual gaps between orders",
    }
)

JUDGED: Mapping[str, str] = MappingProxyType(
    {
        "stage": "the stage, -1 where no event can tell",
        "reached": "the highest stage ever shown",
        "alerts": "alerts raised",
        "fell": "1 if later events lowered the stage",
    }
)


PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "diminishing": "each further line of evidence of the same object counts so much of its weight",
        "norm_default": "usual days between two reactions while too few are known",
        "norm_least": "the norm is never less",
        "norm_gaps": "so many gaps are needed to speak of an own rhythm",
        "order_gaps": "the same for orders",
        "told_order_days": "an order told in a text is the recorded one that stands within so many days",
        "avoids_shown": "so many things to avoid are shown",
        "class_a": "the share of the whole EV that the A customers make up",
        "class_b": "the share that A and B make up",
    }
)
"""The numbers that a playbook's method must set."""
COUNTED = ("automated_mail", "tried_product")
"""Signals that the annotator itself asks for."""


def names(signals: Iterable[str], markers: Iterable[str], own: Iterable[str]) -> frozenset[str]:
    """Every name that a rule may use; `own` are those that the playbook makes itself."""
    own = [*own, *COUNTS, *AGES, *RATIOS, *JUDGED, *(f"shows_{each}" for each in markers)]
    return frozenset(own).union(*({each, f"{each}_age"} for each in signals))


def timed(signals: Iterable[str]) -> frozenset[str]:
    """The facts that grow with time alone."""
    return frozenset((*AGES, *RATIOS, *(f"{each}_age" for each in signals)))
