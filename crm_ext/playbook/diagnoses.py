"""What the diagnoses and the complaint desk are made of: rows of a playbook's further files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from crm_ext.playbook.items import NO_TEXT, Playbook, Text
from crm_ext.playbook.schema import made

NEVER_HOLDS = "0"

MORE_FACTS: Mapping[str, str] = {
    "gifts": "gifts of ours",
    "deal_moves": "moves of deals",
    "deal_age": "days since a deal moved",
    "touches_last": "times that we reached out in the last quarter",
    "touches_norm": "times that we reached out in an earlier quarter, on average",
    "unanswered_inbound": "questions of the last quarter without an answer within two weeks",
    "relation_high": "1 while relationship tension is high",
    "task_high": "1 while task tension is high",
}
ACCOUNT_FACTS: Mapping[str, str] = {
    "orders": "days with an order",
    "regular": "1 if they order in a steady rhythm",
    "span": "days from the first to the last order",
    "order_age": "days since the last order",
    "order_ratio": "days since the last order in usual gaps",
    "share": "our share of what they purchase, 0 to 1, -1 unknown",
    "people": "people known",
    "engaged": "people who reacted within half a year",
    "levels": "levels of hierarchy among them",
    "functions": "departments among them",
    "executives": "executives among them",
    "best": "highest stage of a person, -1 unknown",
    "mechanism": "1 if a mutual return mechanism was agreed",
    "joint_business": "1 if there is joint business",
    "account": "stage of the account, 1 to 4",
    "geometry": "1 point, 2 line, 3 plane, 4 body",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What must not be said to somebody who complains. `group` 1 to 8 as in the source, 0 for further cautions."""

    id: str
    pattern: Text
    rewrite: Text
    why: Text
    source: str
    group: int = 0
    kind: str = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStep:
    """One of the six calming steps; `pattern` finds it in a text of ours."""

    id: str
    name: Text
    how: Text
    tactic: str
    pattern: Text
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """Said of a reply that goes too far ahead while the step `needs` has not been taken."""

    id: str
    needs: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """How somebody who was hurt may react. `id` is the signal that shows it, `alarm` 1 to 3 how much is at stake."""

    id: str
    name: Text
    advice: Text
    alarm: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    phrases: tuple[Phrase, ...]
    steps: tuple[DeskStep, ...]
    warnings: tuple[Early, ...]
    reactions: tuple[Reaction, ...]
    late: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One answer of a diagnosis.

    `said` and `when` are rules over facts: they told us so; the records suggest it. The quotes of `signals` support
    it. Where there is a `pattern`, the rules may ask `says_<id>`: does one of the events with those signals match it?
    `share` is the training's claim of how often it occurs, in per cent.
    """

    id: str
    name: Text
    remedy: Text
    source: str
    said: str = NEVER_HOLDS
    when: str = NEVER_HOLDS
    signals: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    pattern: Text = NO_TEXT
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A question about one contact. `enough`: the rule below which it is not answered and `ask` is asked for."""

    id: str
    name: Text
    enough: str
    ask: tuple[Text, ...]
    causes: tuple[Cause, ...]
    notes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tension:
    """Two gauges from 0 to 1, each high from a limit on, and the zones that they span."""

    relation_high: float
    task_high: float
    relation: str
    task: str
    zones: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnoses:
    trees: tuple[Tree, ...]
    tension: Tension


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    lost: str
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleKind:
    """A level or a function that a title tells by its words."""

    id: str
    pattern: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    stages: tuple[Cause, ...]
    geometry: tuple[Cause, ...]
    conflicts: tuple[Cause, ...]
    levels: tuple[TitleKind, ...]
    functions: tuple[TitleKind, ...]


@lru_cache(maxsize=8)
def desk_of(playbook: Playbook) -> Desk:
    return made(Desk, playbook.documents["desk"])


@lru_cache(maxsize=8)
def trees_of(playbook: Playbook) -> Mapping[str, Tree]:
    """The trees by the id of their question."""
    return {each.id: each for each in _diagnoses(playbook).trees}


@lru_cache(maxsize=8)
def tension_of(playbook: Playbook) -> Tension:
    return _diagnoses(playbook).tension


@lru_cache(maxsize=8)
def loss_of(playbook: Playbook) -> Loss:
    return made(Loss, playbook.documents["loss"])


@lru_cache(maxsize=8)
def accounts_of(playbook: Playbook) -> Accounts:
    return made(Accounts, playbook.documents["accounts"])


def _diagnoses(playbook: Playbook) -> Diagnoses:
    return made(Diagnoses, playbook.documents["diagnoses"])
