"""What the kit must be told about one connector: how to reach a CRM in a known state, and what stands in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, ClassVar

from crm_ext.connector_api.contract import Connector, Context, FieldMap
from crm_ext.connector_api.settings import validated
from crm_ext.connector_api.testing.faults import FAULTS, Fault, Faults, Injected
from crm_ext.domain.records import STREAM_OF, Record, Stream
from crm_ext.domain.tags import BAND_VALUES, CLASS_VALUES, KINDS, STAGE_VALUES, TagKind, TagSpec, joined

OPTIONS: Mapping[str, Sequence[str]] = {
    "crm_ext_stage": STAGE_VALUES,
    "crm_ext_trust_band": BAND_VALUES,
    "crm_ext_alerts": ("complaint", "dormant", "regression"),
    "crm_ext_class": CLASS_VALUES,
    "crm_ext_next_step": ("phone_call", "first_visit", "ask_referral"),
    "crm_ext_avoid": ("push_order", "valuable_gift"),
}
TAGS = tuple(
    TagSpec(
        name,
        name.removeprefix("crm_ext_").replace("_", " ").capitalize(),
        kind,
        tuple((each, each.replace("_", " ").capitalize()) for each in OPTIONS.get(name, ())),
    )
    for name, kind in KINDS.items()
)
"""Our fields, with options of the kinds that the product has."""

TEXT = "{}. Introduced a friend (+12.0)\n客户主动介绍朋友：“他家的净水器我用了三年，放心。”"
VALUED: Mapping[TagKind, Callable[[TagSpec, int], str]] = {
    TagKind.CHOICE: lambda tag, turn: tag.options[turn % len(tag.options)][0],
    TagKind.CHOICES: lambda tag, turn: joined([each for each, _ in tag.options[: 1 + turn % len(tag.options)]]),
    TagKind.NUMBER: lambda _, turn: f"{10 + turn % 80}.5",
    TagKind.TEXT: lambda _, turn: TEXT.format(turn),
    TagKind.DATE: lambda _, turn: f"2026-06-{1 + turn % 28:02d}",
}


def valued(tags: Sequence[TagSpec], turn: int) -> dict[str, str]:
    """A value for each of our fields, other ones at each turn; text is in English and Chinese."""
    return {tag.name: VALUED[tag.kind](tag, turn) for tag in tags}


class Untold(AssertionError):
    """The case leaves out something that a check needs; the sentence says what."""


class Case(ABC):
    """One connector under contract test.

    `unmapped` names the fields of a stream that this CRM cannot fill, each with the reason; every other field must
    be filled in at least one expected record. `skips` names checks that cannot apply, each with the reason; it is
    printed. `mapping` is an admin's mapping, if the connector takes one. `faults` overrides how this CRM fails.
    `net` is the layer that fails, None where there is no network.
    """

    connector: type[Connector]
    unmapped: ClassVar[Mapping[Stream, Mapping[str, str]]] = {}
    skips: ClassVar[Mapping[str, str]] = {}
    faults: ClassVar[Mapping[str, Fault]] = {}
    tags: ClassVar[Sequence[TagSpec]] = TAGS
    mapping: ClassVar[FieldMap] = FieldMap()
    net: Faults | None = None
    wrap: Callable[[Connector], Connector] | None = None

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Settings that reach the CRM; pages small enough that at least one stream has several."""

    @abstractmethod
    def expected(self) -> Mapping[Stream, Sequence[Record]]:
        """Every record that stands in the CRM in its known state, by stream."""

    @abstractmethod
    def reset(self) -> None:
        """Put the CRM back into its known state; called before each check."""

    # What the CRM itself tells, asked without the connector.

    def writes(self) -> int:
        """How often something has been written in the CRM so far, by its own count."""
        raise self._untold("writes")

    def others(self) -> Any:
        """Everything in the CRM but what the connector may write, comparable with ==."""
        raise self._untold("others")

    # What other people do in the CRM meanwhile.

    def change(self) -> Mapping[Stream, Sequence[Record]]:
        """Change one or two records in each incremental stream; returns them as they must be pulled afterwards."""
        raise self._untold("change")

    def delete(self) -> Mapping[Stream, Sequence[str]]:
        """Delete (or archive) records; returns their ids by stream."""
        raise self._untold("delete")

    def merge(self) -> tuple[Stream, str, str]:
        """Merge one record into another: its stream, its id, and the id it lives on under."""
        raise self._untold("merge")

    def duplicate(self) -> Injected | None:
        """Make the CRM give a row twice in one pull, as when rows move between pages; returns the fault, if any."""
        raise self._untold("duplicate")

    def empty(self) -> Collection[Stream] | None:
        """Take every record out of the CRM; returns the streams that are empty then, None for all."""
        raise self._untold("empty")

    def bad_row(self) -> str:
        """Make the CRM refuse writes to one contact that is pulled like any other; returns its id."""
        raise self._untold("bad_row")

    def gone_row(self) -> str:
        """The id of a contact that the CRM does not have."""
        raise self._untold("gone_row")

    # What the kit makes of it.

    def make(self) -> Connector:
        """A new connector, as a new process would have it."""
        settings = validated(self.connector.settings, self.settings())
        made = self.connector(settings, Context(mapping=self.mapping))
        return self.wrap(made) if self.wrap else made

    @contextmanager
    def failing(self, name: str, **changes: Any) -> Iterator[Injected]:
        """The CRM with a fault, by name."""
        fault = {**FAULTS, **self.faults}.get(name)
        if self.net is None or fault is None:
            raise Untold(f"The case has no fault {name!r}: give it in `faults`, or the reason in `skips`.")
        with self.net.inject(fault.but(**changes)) as injected:
            yield injected

    def mapped(self) -> Iterator[tuple[Stream, str]]:
        """Each field that the connector claims to fill."""
        kinds = {stream: kind for kind, stream in STREAM_OF.items()}
        for stream in self.connector.capabilities.streams:
            unmapped = self.unmapped.get(stream, {})
            yield from ((stream, each.name) for each in fields(kinds[stream]) if each.name not in unmapped)

    def _untold(self, name: str) -> Untold:
        return Untold(f"{type(self).__name__} must override `{name}`, or say in `skips` why the check cannot apply.")


Check = Callable[[Case], None]
