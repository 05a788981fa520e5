"""Who and what there is in the made-up world, read from this package's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from crm_ext.sample.grammar import Grammar

TEXTS = {"en": "english.yaml", "zh": "chinese.yaml"}
CURRENCY = {"en": "EUR", "zh": "CNY"}
CHINESE = 0.4
"""Share of the contacts whose records are in Chinese."""


@cache
def data(name: str) -> Mapping[str, Any]:
    return dict(yaml.safe_load(files(__package__).joinpath(name).read_text("utf-8")))


@cache
def grammar(language: str) -> Grammar:
    return Grammar(data(TEXTS[language]))


def pick(rng: Random, choices: Sequence[Any]) -> Any:
    return choices[int(rng.random() * len(choices))]


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up contact; `facts` fill the slots of texts about them."""

    id: str
    name: str
    first: str
    last: str
    title: str
    email: str
    phone: str
    language: str
    rep: int
    price: float
    good: Sequence[str]
    bad: Sequence[str]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Firm:
    id: str
    name: str
    domain: str
    industry: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the people of one unit share: language, town, our rep, the product, the rival."""

    language: str
    rep: int
    product: Mapping[str, Any]
    rival: str
    account: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def surroundings(rng: Random) -> Surroundings:
    language = "zh" if rng.random() < CHINESE else "en"
    world = data("world.yaml")[language]
    rep = int(rng.random() * len(world["rep"]))
    return Surroundings(language, rep, pick(rng, world["products"]), pick(rng, world["rival"]))


def called(rng: Random, language: str) -> tuple[str, str, str]:
    """Gender, first name and family name."""
    world, gender = data("world.yaml")[language], pick(rng, "fm")
    return gender, pick(rng, world["first"][gender]), pick(rng, world["last"])


def whole(language: str, first: str, last: str) -> str:
    return f"{last}{first}" if language == "zh" else f"{first} {last}"


def person(rng: Random, around: Surroundings, number: int, title: str = "") -> Person:
    world = data("world.yaml")[around.language]
    gender, first, last = called(rng, around.language)
    local = f"{first}.{last}".lower() if around.language == "en" else "c"
    phone = f"+44 20 7946 {number % 10_000:04d}" if around.language == "en" else f"+86 100 0000 {number % 10_000:04d}"
    return Person(
        f"C{number:06d}",
        whole(around.language, first, last),
        first,
        last,
        title or pick(rng, world["job"]),
        f"{local}.{number}@example.com",
        phone,
        around.language,
        around.rep,
        float(around.product["price"]),
        around.product["good"],
        around.product["bad"],
        _facts(rng, around, gender, first),
    )


def _facts(rng: Random, around: Surroundings, gender: str, first: str) -> dict[str, str]:
    world = data("world.yaml")[around.language]
    rep = world.get("rep_called", world["rep"])[around.rep].split()[0]
    mate = first
    while mate == first:
        _, mate, _ = called(rng, around.language)
    _, *other = called(rng, around.language)
    facts = {
        **world["self"][gender],
        "first": first,
        "rep": rep,
        "mate": mate,
        "other": whole(around.language, *other),
        "product": around.product["name"],
        "rival": around.rival,
        "account": around.account or first,
    }
    place = str(pick(rng, world["place"]))
    return facts | {"place": place.replace("{their}", facts["their"])}


def firm(rng: Random, around: Surroundings, number: int) -> Firm:
    world = data("world.yaml")[around.language]
    town, trade, form = (pick(rng, world[each]) for each in ("town", "trade", "form"))
    parts = (f"{town}{trade}{form}",) if around.language == "zh" else (town, trade, form)
    return Firm(f"F{number:05d}", " ".join(parts), f"firm{number}.example.com", pick(rng, world["industry"]))
