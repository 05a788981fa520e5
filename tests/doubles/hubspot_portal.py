"""A HubSpot account in memory: objects, associations, properties, owners, and what people do to them."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

KINDS = {
    "contacts": ("0-1", "contact"),
    "companies": ("0-2", "company"),
    "deals": ("0-3", "deal"),
    "tickets": ("0-5", "ticket"),
    "calls": ("0-48", "call"),
    "emails": ("0-49", "email"),
    "meetings": ("0-47", "meeting"),
    "notes": ("0-46", "note"),
    "tasks": ("0-27", "task"),
    "communications": ("0-18", "communication"),
}
TYPES = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("deals", "contacts"): (3, None),
    ("contacts", "deals"): (4, None),
    ("deals", "companies"): (341, 5),
    ("companies", "deals"): (342, 6),
    ("tickets", "contacts"): (16, None),
    ("tickets", "companies"): (339, 26),
    **{
        (kind, to): (number, None)
        for kind, numbers in {
            "calls": (194, 182, 206),
            "emails": (198, 186, 210),
            "meetings": (200, 188, 212),
            "notes": (202, 190, 214),
            "tasks": (204, 192, 216),
            "communications": (81, 87, 85),
        }.items()
        for to, number in zip(("contacts", "companies", "deals"), numbers, strict=True)
    },
}
"""Association type ids by (from, to): the unlabelled one and the primary one."""

BUILT_IN = {
    "contacts": "firstname lastname jobtitle email phone mobilephone hubspot_owner_id associatedcompanyid createdate "
    "lastmodifieddate hs_object_id hs_merged_object_ids lifecyclestage favourite_colour",
    "companies": "name domain industry hubspot_owner_id createdate hs_lastmodifieddate hs_object_id "
    "hs_merged_object_ids",
    "deals": "dealname dealstage pipeline amount deal_currency_code closedate createdate hubspot_owner_id "
    "hs_v2_date_entered_current_stage hs_lastmodifieddate hs_object_id hs_merged_object_ids",
    "tickets": "subject content hs_pipeline hs_pipeline_stage hs_ticket_category createdate closed_date "
    "hubspot_owner_id hs_lastmodifieddate hs_object_id hs_merged_object_ids",
    "calls": "hs_timestamp hs_call_title hs_call_body hs_call_direction hs_call_disposition hs_call_status "
    "hs_call_duration hs_activity_type hubspot_owner_id hs_createdate hs_lastmodifieddate hs_object_id",
    "emails": "hs_timestamp hs_email_subject hs_email_text hs_email_html hs_email_direction hs_email_status "
    "hs_sequence_id hubspot_owner_id hs_createdate hs_lastmodifieddate hs_object_id",
    "meetings": "hs_timestamp hs_meeting_title hs_meeting_body hs_internal_meeting_notes hs_meeting_start_time "
    "hs_meeting_end_time hs_meeting_outcome hs_activity_type hubspot_owner_id hs_createdate hs_lastmodifieddate "
    "hs_object_id",
    "notes": "hs_timestamp hs_note_body hubspot_owner_id hs_createdate hs_lastmodifieddate hs_object_id",
    "tasks": "hs_timestamp hs_task_subject hs_task_body hs_task_status hs_task_type hs_task_completion_date "
    "hubspot_owner_id hs_createdate hs_lastmodifieddate hs_object_id",
    "communications": "hs_timestamp hs_communication_body hs_communication_channel_type hubspot_owner_id "
    "hs_createdate hs_lastmodifieddate hs_object_id",
}


def modified_name(kind: str) -> str:
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Thing:
    """One object. `before` is what the search index still shows until it has caught up."""

    kind: str
    id: int
    properties: dict[str, str]
    created: int
    updated: int
    archived: int | None = None
    before: tuple[dict[str, str], int] | None = None
    after_index: int = 0
    links: dict[str, dict[int, bool]] = field(default_factory=dict)

    def shown(self, lag: int, at: int) -> tuple[dict[str, str], int] | None:
        """Properties and time of change as the search index has them."""
        if at >= self.after_index:
            return self.properties, self.updated
        return self.before


class Portal:
    """One account. Everything that people do goes through here, under one lock."""

    def __init__(self, lag: float = 0.0) -> None:
        self.lock = threading.RLock()
        self.lag = round(lag * 1000)
        self.random = random.Random(7)
        self.next_id = 1000
        self.things: dict[str, dict[int, Thing]] = {kind: {} for kind in KINDS}
        self.merged: dict[str, dict[int, int]] = {kind: {} for kind in KINDS}
        self.properties = {kind: {name: built_in(name) for name in names.split()} for kind, names in BUILT_IN.items()}
        self.groups: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}
        self.owners: list[dict] = []
        self.most, self.overlap = 100, 0
        self.revives = True
        self.refused: set[int] = set()
        self.locked: set[int] = set()
        self.writes: Counter[str] = Counter()
        self.property_writes = 0

    def add(self, kind: str, properties: dict[str, str], at: int | None = None, record: int | None = None) -> Thing:
        with self.lock:
            at = at or now_ms()
            self.next_id += self.random.randint(1, 9)
            thing = Thing(kind, record or self.next_id, dict(properties), at, at, after_index=at + self.lag)
            self._stamp(thing)
            self.things[kind][thing.id] = thing
            return thing

    def link(self, kind: str, one: int, to: str, other: int, primary: bool = False) -> None:
        with self.lock:
            self.things[kind][one].links.setdefault(to, {})[other] = primary
            self.things[to][other].links.setdefault(kind, {})[one] = primary
            if (kind, to) == ("contacts", "companies") and primary:
                self.things[kind][one].properties["associatedcompanyid"] = str(other)

    def change(self, kind: str, record: int, properties: dict[str, str], at: int | None = None) -> Thing:
        with self.lock:
            thing = self.things[kind][self.merged[kind].get(record, record)]
            at = at or now_ms()
            thing.before = thing.shown(self.lag, at) and (dict(thing.properties), thing.updated)
            thing.properties |= properties
            thing.properties = {name: value for name, value in thing.properties.items() if value != ""}
            thing.updated, thing.after_index = at, at + self.lag
            self._stamp(thing)
            return thing

    def archive(self, kind: str, record: int) -> None:
        with self.lock:
            self.things[kind][record].archived = now_ms()

    def merge(self, kind: str, primary: int, other: int) -> None:
        """The other one's associations move over, and its id becomes another name of the survivor's."""
        with self.lock:
            gone = self.things[kind].pop(other)
            for to, links in gone.links.items():
                for each in links:
                    self.things[to][each].links.get(kind, {}).pop(other, None)
                    self.link(kind, primary, to, each)
            for old, into in list(self.merged[kind].items()):
                if into == other:
                    self.merged[kind][old] = primary
            self.merged[kind][other] = primary
            names = [str(old) for old, into in self.merged[kind].items() if into == primary]
            self.change(kind, primary, {"hs_merged_object_ids": ";".join(names)})

    def alive(self, kind: str) -> list[Thing]:
        return [each for _, each in sorted(self.things[kind].items()) if each.archived is None]

    def _stamp(self, thing: Thing) -> None:
        thing.properties[modified_name(thing.kind)] = iso(thing.updated)
        thing.properties["hs_object_id"] = str(thing.id)
        created = "hs_createdate" if "hs_createdate" in self.properties[thing.kind] else "createdate"
        thing.properties.setdefault(created, iso(thing.created))


def built_in(name: str) -> dict:
    return {
        "name": name,
        "label": name,
        "description": "",
        "groupName": "information",
        "type": "datetime" if "date" in name else "string",
        "fieldType": "text",
        "options": [],
        "archived": False,
    }
