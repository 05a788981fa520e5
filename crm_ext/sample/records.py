"""Stories told as rows of an export: contacts, companies, deals, activities and cases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from crm_ext.domain.records import Stream
from crm_ext.sample.stories import Beat, Story, beat, beats, drawn, moments
from crm_ext.sample.world import CURRENCY, Firm, Person, Surroundings, data, firm, grammar, person, pick, surroundings

Cell = str | float | datetime | None
Row = tuple[Cell, ...]
Recorder = Callable[[str, str], None]
"""Told each contact's id and the name of its story, or `account/role`."""

HEADINGS: Mapping[Stream, tuple[str, ...]] = {
    Stream.USERS: ("User ID", "Name", "Email", "Active"),
    Stream.COMPANIES: ("Company ID", "Company name", "Website", "Industry", "Owner ID", "Last modified"),
    Stream.CONTACTS: (
        *("Contact ID", "First name", "Last name", "Job title", "Email", "Phone", "Contact type", "Company ID"),
        *("Owner ID", "Created", "Last modified"),
    ),
    Stream.DEALS: (
        *("Deal ID", "Deal name", "Stage", "Status", "Amount", "Currency", "Close date", "Contact ID", "Company ID"),
        *("Owner ID", "Created", "Last modified"),
    ),
    Stream.ACTIVITIES: (
        *("Activity ID", "Type", "Date", "Direction", "Subject", "Notes", "Contact ID", "Company ID", "Owner ID"),
        "Automated",
    ),
    Stream.CASES: (
        *("Case ID", "Type", "Subject", "Description", "Status", "Opened at", "Closed at", "Contact ID", "Company ID"),
        "Owner ID",
    ),
}
KEY_ACCOUNTS = 0.05
"""Share of the units that are firms with several people."""

NOTED = 0.7
"""Share of the orders that the rep writes a note about."""

_SENTENCE = re.compile(r'(^|[.!?]["”]? )("?)([a-z])')


@dataclass(slots=True)
class Scribe:
    """Writes rows down, in order, with running numbers; `rng` is drawn from, anew for each unit."""

    as_of: datetime
    recorder: Recorder
    rng: Random = field(default_factory=Random)
    rows: list[tuple[Stream, Row]] = field(default_factory=list)
    numbers: dict[str, Iterator[int]] = field(default_factory=lambda: {each: count(1) for each in "CFDAK"})

    def number(self, kind: str) -> int:
        return next(self.numbers[kind])

    def write(self, stream: Stream, *cells: Cell) -> None:
        self.rows.append((stream, cells))

    def taken(self) -> list[tuple[Stream, Row]]:
        rows, self.rows = self.rows, []
        return rows


def users() -> Iterator[Row]:
    for number, name in enumerate(data("world.yaml")["en"]["rep"], 1):
        yield f"U{number}", name, f"{name.split()[0].lower()}@example.com", "yes"


@dataclass(frozen=True, slots=True)
class Scene:
    """When and with whom something happens; the first of the people is whom the texts are about."""

    scribe: Scribe
    at: datetime
    people: Sequence[Person]
    house: Firm | None = None

    @property
    def about(self) -> tuple[Cell, ...]:
        """The cells that most records share: whom it is about, their firm, and whose it is."""
        ids = ";".join(each.id for each in self.people)
        return ids, self.house.id if self.house else "", f"U{self.people[0].rep + 1}"

    def said(self, template: str) -> str:
        """A text in the people's language."""
        someone, rng = self.people[0], self.scribe.rng
        facts = {**someone.facts, "good": pick(rng, someone.good), "bad": pick(rng, someone.bad)}
        facts["number"] = str(2 + int(rng.random() * 47))
        text = grammar(someone.language).text(template, facts, rng)
        if someone.language == "zh":
            return text.replace(" ", "")
        return _SENTENCE.sub(lambda found: found[1] + found[2] + found[3].upper(), text)


def unit(scribe: Scribe, room: int) -> int:
    """Write one person, or a firm with several where there is room; returns how many people it has."""
    rng = scribe.rng
    around = surroundings(rng)
    name, account = drawn(rng, "accounts")
    if rng.random() < KEY_ACCOUNTS and len(account["people"]) <= room:
        return _account(scribe, around, name, account)
    name, story = drawn(rng, "stories")
    someone = person(rng, around, scribe.number("C"))
    scribe.recorder(someone.id, name)
    _live(scribe, someone, None, story, story["beats"])
    return 1


def _account(scribe: Scribe, around: Surroundings, name: str, account: Story) -> int:
    house = firm(scribe.rng, around, scribe.number("F"))
    around = replace(around, account=house.name)
    owner = f"U{around.rep + 1}"
    scribe.write(Stream.COMPANIES, house.id, house.name, house.domain, house.industry, owner, scribe.as_of)
    titles, team = data("world.yaml")[around.language]["role"], []
    for role, written in account["people"].items():
        someone = person(scribe.rng, around, scribe.number("C"), titles[role])
        scribe.recorder(someone.id, f"{name}/{role}")
        _live(scribe, someone, house, account, written)
        team.append(someone)
    for told, at in _dated(scribe, account, account["all"]):
        tell(Scene(scribe, at, team, house), told)
    return len(team)


def _dated(scribe: Scribe, story: Story, written: Sequence[str]) -> list[tuple[Beat, datetime]]:
    names = list(beats(scribe.rng, written))
    return list(zip(map(beat, names), moments(scribe.rng, len(names), story, scribe.as_of), strict=True))


def _live(scribe: Scribe, someone: Person, house: Firm | None, story: Story, written: Sequence[str]) -> None:
    dated = _dated(scribe, story, written)
    _contact(scribe, someone, house, [at for _, at in dated])
    for told, at in dated:
        tell(Scene(scribe, at, (someone,), house), told)


def _contact(scribe: Scribe, someone: Person, house: Firm | None, times: Sequence[datetime]) -> None:
    first = times[0] if times else scribe.as_of - timedelta(days=scribe.rng.randint(5, 300))
    scribe.write(
        Stream.CONTACTS,
        someone.id,
        someone.first,
        someone.last,
        someone.title,
        someone.email,
        someone.phone,
        "Key account" if house else "Individual",
        house.id if house else "",
        f"U{someone.rep + 1}",
        first - timedelta(days=scribe.rng.randint(0, 20)),
        times[-1] if times else first,
    )


def tell(scene: Scene, told: Beat) -> None:
    """Write a beat as the record it is: an activity, a deal (with the rep's note, mostly) or a case."""
    WRITERS.get(told["type"], _activity)(scene, told)


def _activity(scene: Scene, told: Beat) -> None:
    scene.scribe.write(
        Stream.ACTIVITIES,
        f"A{scene.scribe.number('A'):07d}",
        told["type"],
        scene.at,
        told["who"],
        scene.said(f"{{{told['subject']}}}") if "subject" in told else "",
        scene.said(pick(scene.scribe.rng, told["say"])),
        *scene.about,
        "yes" if told.get("mass") else "no",
    )


DEALS = {"deal": ("Closed won", "Won"), "open_deal": ("Proposal", "Open"), "lost_deal": ("Closed lost", "Lost")}
NOTE: Beat = {"type": "Note", "who": "internal"}


def _deal(scene: Scene, told: Beat) -> None:
    someone, rng = scene.people[0], scene.scribe.rng
    scene.scribe.write(
        Stream.DEALS,
        f"D{scene.scribe.number('D'):06d}",
        scene.said("{deal_name}"),
        *DEALS[told["type"]],
        round(someone.price * told["size"] * (0.8 + rng.random() / 2)),
        CURRENCY[someone.language],
        scene.at.replace(hour=0, minute=0),
        *scene.about,
        scene.at - timedelta(days=rng.randint(1, 12)),
        scene.at,
    )
    if told["say"] and (told["size"] < 1 or rng.random() < NOTED):
        _activity(scene, {**NOTE, "say": told["say"]})


def _case(scene: Scene, told: Beat) -> None:
    closed = told["type"] == "closed_case"
    days = timedelta(days=scene.scribe.rng.randint(1, 3))
    scene.scribe.write(
        Stream.CASES,
        f"K{scene.scribe.number('K'):05d}",
        "Complaint",
        scene.said("{trouble_subject}"),
        scene.said(pick(scene.scribe.rng, told["say"])),
        "Closed" if closed else "Open",
        scene.at,
        min(scene.at + days, scene.scribe.as_of) if closed else None,
        *scene.about,
    )


WRITERS: Mapping[str, Callable[[Scene, Beat], None]] = {
    **dict.fromkeys(DEALS, _deal),
    "closed_case": _case,
    "open_case": _case,
}
