"""The contract of a connector. Class attributes say what it is, methods what it does; the rest is the engine's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from crm_ext.connector_api.errors import Unsupported
from crm_ext.connector_api.pace import Pace
from crm_ext.connector_api.settings import Setting
from crm_ext.domain.records import BadRow, Change, Stream
from crm_ext.domain.tags import TagSpec

Cursor = Mapping[str, Any]
"""What a connector needs to go on, as JSON: opaque to the engine, which only keeps it."""


class Level(StrEnum):
    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `check`: what was looked at, how it stands, the provider's words, and what to do."""

    name: str
    level: Level
    detail: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that the CRM offers on a stream. `fill` is the share of sampled records that have it, None if unknown."""

    stream: Stream
    name: str
    label: str
    type: str = "text"
    fill: float | None = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do; the engine plans by it.

    `push_batch`: rows that one write request takes at most. `rates`: pairs of (requests, seconds) that the account
    allows. `settle`: seconds after which a write that was sent before a crash has surely arrived or never will.
    `incremental`: the streams that can be asked for changes only. `side_by_side`: parts may be pulled at the same
    time by threads that share the connector. `push_apart`: several workers may write at the same time; where not, as
    with a file that is replaced as a whole, one writes everything in one go.
    """

    streams: tuple[Stream, ...]
    tags: str = "fields"
    push_batch: int = 100
    incremental: frozenset[Stream] = frozenset()
    deletes: bool = False
    webhooks: bool = False
    cards: bool = False
    rates: tuple[tuple[int, float], ...] = ()
    settle: float = 2.0
    side_by_side: bool = False
    push_apart: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a stream that one worker pulls. `since` is the mark the last complete pull left, None for all."""

    stream: Stream
    since: Cursor | None = None
    key: str = ""
    bounds: Cursor = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some changes and where to go on.

    `checkpoint` restarts the part after this page. The last page of a part sets `since`, the mark for the next
    incremental pull; it also sets `complete` if the part's pages held every record of the stream, so that what was
    not among them is gone from the CRM. `total` is the number of records to expect in the part, where known.
    """

    changes: Sequence[Change] = ()
    bad: Sequence[BadRow] = ()
    checkpoint: Cursor | None = None
    since: Cursor | None = None
    complete: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One contact to write: our fields by name (an empty string clears), and what we last knew to stand there."""

    id: str
    values: Mapping[str, str]
    was: Mapping[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    OK = "ok"
    RETRY = "retry"
    PERMANENT = "permanent"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row; yielded only once the write is durable.

    `written` are the values that were written, where the CRM cannot hold all of them; None for all.
    """

    id: str
    outcome: Outcome = Outcome.OK
    detail: str = ""
    written: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook as it came: the address the CRM called, its headers (lower-case names) and the body's bytes."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook tells: this record changed; it is pulled again, never believed."""

    stream: Stream
    id: str


@dataclass(frozen=True, slots=True)
class FieldMap:
    """An admin's word on where our fields come from.

    `fields[stream][ours]` is the CRM's field; `values[stream][ours][theirs]` our value for theirs; `custom[stream]`
    names further fields to keep, ours by theirs.
    """

    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    custom: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What the engine lends a connector.

    The mapping; `save`, which keeps settings that the CRM rotated; `load`, the settings as they are stored now; and
    `lock`, held while tokens are renewed, so that the processes that share a connection do it one by one; `pace`,
    which makes of rates (and a lane's name) a pace that those processes keep together.
    """

    mapping: FieldMap = field(default_factory=FieldMap)
    save: Callable[[Mapping[str, Any]], None] = lambda _: None
    load: Callable[[], Mapping[str, Any]] = dict
    lock: Callable[[], AbstractContextManager[object]] = nullcontext
    pace: Callable[..., Pace] = Pace


class Connector(ABC):
    """One kind of CRM. Instances are made per connection with settings that were validated by `settings`."""

    slug: ClassVar[str]
    label: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    capabilities: ClassVar[Capabilities]
    frames: ClassVar[tuple[str, ...]] = ()
    """Origins of the CRM's pages, where they are not that of `base_url`: they may show our card in a frame."""

    def __init__(self, settings: Mapping[str, Any], context: Context | None = None) -> None:
        self.config = settings
        self.context = context or Context()

    @property
    def requests(self) -> int:
        """Requests sent so far, for the run's account."""
        return 0

    @abstractmethod
    def check(self) -> list[Finding]:
        """Find out signed in as whom, each right, the quota left; never raises for what it is there to find."""

    @abstractmethod
    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        """Yield the part's pages lazily, from the beginning or after `checkpoint`."""

    @abstractmethod
    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        """Write the rows in the largest batches the CRM takes; one result per row, in any order, once it is durable.

        Rows are taken from the iterable batch by batch: taking a row means that it is about to be sent.
        """

    @abstractmethod
    def read_tags(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Our fields as the CRM holds them now, by contact; a contact that is gone is left out."""

    @abstractmethod
    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        """Make our fields, options or tags where they are missing and say what was done; twice changes nothing."""

    # Optional: leave out what the CRM cannot do.

    def parts(self, stream: Stream, since: Cursor | None) -> Sequence[Part]:
        """How a stream may be cut for several workers."""
        return (Part(stream, since),)

    def fields(self, stream: Stream) -> list[Field]:
        raise Unsupported(f"{self.label} does not tell which fields {stream} have.")

    def link(self, stream: Stream, external_id: str) -> str | None:
        """The address of a record's page in the CRM, if it has one."""
        return None

    def tags_lost(self) -> bool:
        """Whether the place where our tags stood is gone as a whole, as a deleted file is.

        Missing tags are then nobody's wish, and are written anew.
        """
        return False

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        """Take away the fields or tags that `prepare` made, once no contact carries them any more."""
        raise Unsupported(f"{self.label} keeps the empty fields; remove {len(tags)} fields by hand.")

    def changes(self, message: Message) -> Sequence[Hint]:
        """Verify a webhook's signature, then say what it tells."""
        raise Unsupported(f"{self.label} sends no webhooks.")

    def card(self, message: Message) -> str:
        """Verify a request of the CRM for our card and name the contact's id it is about."""
        raise Unsupported(f"{self.label} cannot show a card.")

    def card_user(self, message: Message) -> str:
        """The e-mail of who looks, told by a request that `card` has verified; empty where the CRM does not say."""
        return ""

    def close(self) -> None:
        """Give back what is open: sessions, files."""
