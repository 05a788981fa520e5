"""What a playbook is made of. Frozen; words stand in English and Chinese side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in both languages; `{name}` marks a gap that a reason's params fill."""

    en: str = ""
    zh: str = ""

    def lang(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)


NO_TEXT = Text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a person's relationship. `when` is the rule that reaches it.

    `allowance` days count for nothing in decay. `floor` (where `floor_when` holds) and `ceiling` bound the trust level.
    """

    id: int
    key: str
    name: Text
    definition: Text
    character: Text
    marker: Text
    factors: Text
    results: Text
    summary: Text
    source: str
    when: str
    needs: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    allowance: float = 0.0
    floor: float = 0.0
    floor_when: str = "1"
    ceiling: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that counts for or against. `weight` in points of trust, worth half after `half_life_days`.

    `reaction`: does it show that the customer answered us? None: as the actor says.
    """

    id: str
    polarity: int
    actor: str
    name: Text
    object: str = "person"
    weight: float = 0.0
    half_life_days: float = 365.0
    reaction: bool | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What the customer did that shows a stage, and what to tell a rep while it is missing."""

    id: str
    stage: int
    when: str
    name: Text
    missing: Text
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A rule that lowers the stage: at most `to`, or by `by` stages."""

    id: str
    when: str
    name: Text
    source: str
    to: int | None = None
    by: int = 0
    ceiling: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A warning. `act`: before, during or after a loss (text 002)."""

    id: str
    when: str
    act: str
    name: Text
    why: Text
    recovery: Text
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tactic:
    """A thing to do, or (`never`) one that must not be done. `days` is the time it may take."""

    id: str
    source: str
    text: Text
    how: Text
    expect: Text
    opening: Text = NO_TEXT
    never_when: Text = NO_TEXT
    stages: tuple[int, ...] = ()
    channel: str = "any"
    effort: int = 1
    days: int = 7
    guard: str = ""
    never: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When a tactic is the right one (or to be avoided), and why. Earlier rows come first."""

    id: str
    tactic: str
    when: str
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """A role, a personality, a sign or an interest: the row with the highest score among those that hold."""

    id: str
    kind: str
    when: str
    name: Text
    advice: Text = NO_TEXT
    avoid: Text = NO_TEXT
    score: str = "1"
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page of the library: phrases, questions, checklists, claims, glossary. `items` in their order."""

    id: str
    kind: str
    name: Text
    source: str
    items: tuple[Text, ...] = ()
    note: Text = NO_TEXT
    stages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What the whole playbook has in common: its version, numbers, groups of signals, and facts made of facts."""

    version: str
    title: Text
    parameters: Mapping[str, float]
    groups: Mapping[str, tuple[str, ...]]
    derived: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Playbook:
    """The sales method as data. Compared and cached by identity; `documents` is what it was made of."""

    version: str
    title: Text
    parameters: Mapping[str, float]
    groups: Mapping[str, tuple[str, ...]]
    derived: Mapping[str, str]
    stages: tuple[Stage, ...]
    signals: Mapping[str, Signal]
    markers: Mapping[str, Marker]
    falls: tuple[Fall, ...]
    alerts: Mapping[str, Alert]
    tactics: Mapping[str, Tactic]
    steps: tuple[Step, ...]
    avoids: tuple[Step, ...]
    traits: tuple[Trait, ...]
    library: Mapping[str, Entry]
    reasons: Mapping[str, Text]
    texts: Mapping[str, Text]
    documents: Mapping[str, Any] = field(repr=False)
