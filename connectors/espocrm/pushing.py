"""Writing our fields: contacts that get the same values together, all others one by one, side by side."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import orjson

from connectors.espocrm.api import EspoApi, Forbidden
from connectors.espocrm.kinds import CONTACTS, EntityKind, internal
from connectors.espocrm.ours import ATTRIBUTES, payload, places, tags
from crm_ext.connector_api import (
    TAG_KINDS,
    NeedsAttention,
    Outcome,
    Result,
    Row,
    SkipRecord,
    Stream,
    Unsure,
    batched,
    looked_up,
    refused,
    spread,
)

BATCH = 200
WRITERS = 4
LOOKS = 5
PAUSE = 1.0
"""Seconds between looks at contacts that EspoCRM may still be writing: a mass update goes on when its caller left."""

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Together:
    """Rows of one entity that get the same values."""

    kind: EntityKind
    values: Mapping[str, Any]
    rows: tuple[Row, ...]


class Writer:
    """Writes the fields of contacts and leads of one EspoCRM."""

    def __init__(self, api: EspoApi) -> None:
        self._api = api
        self._lock = Lock()
        self._mass_refused = False
        self._kept: set[str] = set()
        self._fields: dict[str, Mapping[str, Raw]] = {}

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        """One result per row. Our fields are looked up first: EspoCRM takes what it does not know and drops it."""
        for batch in batched(rows, BATCH):
            lacking, groups = self._sorted(batch)
            yield from lacking
            for results in spread(self._written, groups, WRITERS):
                yield from results

    def read(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Our fields by contact; one that is gone is left out."""
        by_kind: dict[str, list[str]] = {}
        kinds = {}
        for each in ids:
            kind, record_id = internal(Stream.CONTACTS, each)
            kinds[kind.name] = kind
            by_kind.setdefault(kind.name, []).append(record_id)
        found: dict[str, dict[str, str]] = {}
        for name, wanted in by_kind.items():
            for batch in batched(wanted, self._api.page_size):
                where = [{"type": "in", "attribute": "id", "value": batch}]
                rows, _ = self._api.listed(name, ("id", *ATTRIBUTES), where)
                before = "" if kinds[name].plain else f"{name}:"
                found |= {f"{before}{row['id']}": tags(row) for row in rows}
        return found

    def _described(self, kind: EntityKind) -> Mapping[str, Raw]:
        """The entity's fields, asked for once a connector, or again as long as ours are missing."""
        with self._lock:
            if not places(self._fields.get(kind.name, {})):
                self._fields[kind.name] = self._api.metadata(f"entityDefs.{kind.name}.fields") or {}
            return self._fields[kind.name]

    def _sorted(self, batch: Sequence[Row]) -> tuple[list[Result], list[Together]]:
        """Rows by entity and values; those whose entity lacks our fields are told apart."""
        lacking: list[Result] = []
        groups: dict[tuple[str, bytes], Together] = {}
        for row in batch:
            kind, _ = internal(Stream.CONTACTS, row.id)
            fields = self._described(kind)
            names = places(fields)
            if absent := row.values.keys() - names.keys():
                lacking.append(_lacking(kind, row, absent))
                continue
            values = payload(row.values, fields, names)
            key = (kind.name, orjson.dumps(values, option=orjson.OPT_SORT_KEYS))
            before = groups.get(key, Together(kind, values, ()))
            groups[key] = Together(kind, values, (*before.rows, row))
        return lacking, list(groups.values())

    def _written(self, group: Together) -> list[Result]:
        """A mass update for several rows; what it leaves out without a word is written one by one, to learn why."""
        done: list[Result] = []
        if len(group.rows) > 1 and not self._mass_refused:
            done = self._proved(group, looked_up(group.rows, lambda rows: self._mass(group, rows), self._settled))
        known = {result.id for result in done}
        for row in group.rows:
            if row.id not in known:
                done.append(self._single(group, row))
        return done

    def _mass(self, group: Together, rows: Sequence[Row]) -> list[Result]:
        theirs = {internal(Stream.CONTACTS, row.id)[1]: row.id for row in rows}
        body = {
            "entityType": group.kind.name,
            "action": "update",
            "params": {"ids": list(theirs)},
            "data": {"values": group.values},
        }
        try:
            answer = self._api.post("MassAction", json=body, once=True)
        except Forbidden:
            self._mass_refused = True
            return []
        except SkipRecord:
            return []
        if not isinstance(answer, dict) or not isinstance(answer.get("ids"), list):
            raise Unsure("EspoCRM's answer does not tell which contacts the mass update has written.")
        return [Result(theirs[str(each)]) for each in answer["ids"] if str(each) in theirs]

    def _proved(self, group: Together, done: list[Result]) -> list[Result]:
        """A mass update drops what a role bars and counts the contact as written: look at one, once an entity."""
        if not done or group.kind.name in self._kept:
            return done
        row = next(each for each in group.rows if each.id == done[0].id)
        dropped = untaken(row, self.read([row.id]).get(row.id, {}))
        if dropped:
            return [Result(each.id, Outcome.PERMANENT, dropped) for each in done]
        self._kept.add(group.kind.name)
        return done

    def _settled(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Our fields, once nothing moves any more."""
        there = self.read(ids)
        for _ in range(LOOKS):
            time.sleep(PAUSE)
            before, there = there, self.read(ids)
            if there == before:
                break
        return there

    def _single(self, group: Together, row: Row) -> Result:
        try:
            return looked_up([row], lambda rows: [self._put(group, rows[0])], self.read)[0]
        except SkipRecord as error:
            return refused(row, error)
        except Forbidden as error:
            return self._forbidden(group, row, error)

    def _put(self, group: Together, row: Row) -> Result:
        """One contact; EspoCRM answers with the record as it stands then."""
        record_id = internal(Stream.CONTACTS, row.id)[1]
        answer = self._api.json("PUT", f"{group.kind.name}/{record_id}", json=group.values, once=True)
        if not isinstance(answer, dict):
            raise Unsure("EspoCRM's answer does not show the contact that was written.")
        dropped = untaken(row, tags(answer))
        return Result(row.id, Outcome.PERMANENT, dropped) if dropped else Result(row.id)

    def _forbidden(self, group: Together, row: Row, error: Forbidden) -> Result:
        """A contact that this user may not edit is told; if there is none that it may edit, the run ends."""
        table = ((self._api.get("App/user").get("acl") or {}).get("table") or {}).get(group.kind.name)
        if not isinstance(table, dict) or table.get("edit") in ("no", False):
            raise error
        return Result(row.id, Outcome.PERMANENT, error.detail or error.message)


def untaken(row: Row, stands: Mapping[str, str]) -> str:
    """Which values EspoCRM took and did not keep, in words; empty if it kept all."""
    names = [name for name, value in row.values.items() if stands.get(name, "").strip() != value.strip()]
    told = ", ".join(names)
    return f"EspoCRM accepted the values of {told} and did not keep them: a field-level right?" if names else ""


def _lacking(kind: EntityKind, row: Row, absent: Iterable[str]) -> Result:
    """Contacts without our fields stop the run; leads may do without them."""
    names = ", ".join(sorted(absent, key=list(TAG_KINDS).index))
    if kind is CONTACTS:
        fix = "Run `crm-ext connection prepare`, and do what it says."
        raise NeedsAttention(f"EspoCRM's contacts do not have our fields yet: {names}.", fix=fix)
    return Result(row.id, Outcome.PERMANENT, f"{kind.name} has no fields {names}: run `crm-ext connection prepare`.")
