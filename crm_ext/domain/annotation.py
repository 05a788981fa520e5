"""The judgement on one contact at one time. Ids and numbers only: words come from the playbook when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import NamedTuple

from crm_ext.domain.events import RecordRef

NO_PARAMS: Mapping[str, str | float] = MappingProxyType({})


class Stage(IntEnum):
    """Where a relationship stands; the names are the stored values in every language."""

    STRANGER = 0
    ACQUAINTANCE = 1
    INTERACTION = 2
    TRUST = 3
    ALLIANCE = 4

    @property
    def key(self) -> str:
        return self.name.lower()


UNKNOWN_STAGE = "unknown"


class TrustObject(StrEnum):
    __hash__ = str.__hash__  # that of Enum runs in Python, on every look-up

    PERSON = "person"
    PRODUCT = "product"
    COMPANY = "company"


class Band(StrEnum):
    """How far the trust level reaches: below 25, 50 and 75 of 100, and above."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"

    @classmethod
    def of(cls, level: float) -> Band:
        return next((band for limit, band in BAND_LIMITS if level < limit), cls.VERY_HIGH)


BAND_LIMITS = ((25.0, Band.LOW), (50.0, Band.MEDIUM), (75.0, Band.HIGH))


class BuyingRole(StrEnum):
    PURCHASER = "purchaser"
    INFLUENCER = "influencer"
    DECISION_MAKER = "decision_maker"
    USER = "user"
    INSIDER = "insider"


class Personality(StrEnum):
    DOMINANT = "dominant"
    EXPRESSIVE = "expressive"
    AMIABLE = "amiable"
    ANALYTICAL = "analytical"


class Reason(NamedTuple):
    """A sentence of the playbook by its id, with what fills its gaps."""

    id: str
    params: Mapping[str, str | float] = NO_PARAMS


class Evidence(NamedTuple):
    """One line of reason.

    `weight` is the decayed contribution at `as_of`, in points of trust, in tenths; those of one object add up to
    that object's part. `event` is the index in the timeline, None for `ceiling` and `floor` lines; `source` is the
    number of the training text that says so, `rule` what found it.
    """

    marker: str
    object: TrustObject
    weight: float
    at: datetime | None = None
    event: int | None = None
    quote: str = ""
    source: str = ""
    rule: str = ""
    record: RecordRef | None = None


class Trust(NamedTuple):
    """Trust in points of 0 to 100: the sum of its three parts, each the sum of its evidence."""

    person: float = 0.0
    product: float = 0.0
    company: float = 0.0

    @property
    def level(self) -> float:
        return round(self.person + self.product + self.company, 1)

    @property
    def band(self) -> Band:
        return Band.of(self.level)


NO_TRUST = Trust()


class Value(NamedTuple):
    """EV = CB + AV × P: money so far, expected money of the orders to come, chance of an order in the horizon."""

    orders: int = 0
    cb: float = 0.0
    av: float | None = None
    p: float | None = None
    orders_expected: float | None = None
    ev: float | None = None
    cls: str | None = None
    currency: str = ""


NO_VALUE = Value()


class Step(NamedTuple):
    """A recommended tactic: `why` fills the playbook's reason; `due` is the last sensible day."""

    id: str
    why: Reason
    due: date | None = None


class Avoid(NamedTuple):
    id: str
    why: Reason


class Annotation(NamedTuple):
    """Stage, trust, roles, value, alerts and tactics of one contact at `as_of`, with the evidence.

    `stage` is None where no event could tell. `traits` are ids of what the records show of the person: signs of a
    converted customer, interests, motives, who owes whom a courtesy. `due_at` is the first instant after `as_of` at
    which what is written to the CRM changes by time alone, None where it never does.
    """

    id: str
    as_of: datetime
    playbook: str
    stage: Stage | None = None
    confidence: float = 0.0
    trust: Trust = NO_TRUST
    buying_role: BuyingRole | None = None
    personality: Personality | None = None
    value: Value = NO_VALUE
    alerts: tuple[str, ...] = ()
    tactics: tuple[Step, ...] = ()
    avoid: tuple[Avoid, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    due_at: datetime | None = None

    @property
    def enough_evidence(self) -> bool:
        return self.stage is not None

    @property
    def stage_name(self) -> str:
        return UNKNOWN_STAGE if self.stage is None else self.stage.key
