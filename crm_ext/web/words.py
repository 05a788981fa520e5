"""Words for ids, in the reader's language. An id without a word is shown as it is, without underscores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, TypeVar

from flask import Flask
from flask_babel import format_decimal, gettext, lazy_gettext
from jinja2 import pass_context

from crm_ext.domain.annotation import Stage
from crm_ext.domain.tags import ALERTS as ALERTS_FIELD
from crm_ext.domain.tags import BAND, KINDS, NEXT_STEP, STAGE, TagKind
from crm_ext.errors import CrmExtError
from crm_ext.sync.losses import signal_name
from crm_ext.sync.words import LABELS, tag_specs
from crm_ext.web.language import lang

Words = Mapping[Any, Any]
Said = TypeVar("Said")

NO_STAGE = lazy_gettext("Not enough evidence")
OBJECTS: Words = {
    "person": lazy_gettext("Person"),
    "product": lazy_gettext("Product"),
    "company": lazy_gettext("Company"),
}
ALERTS: Words = {
    "regression": lazy_gettext("Falling back"),
    "complaint": lazy_gettext("Complaint"),
    "dormant": lazy_gettext("Silent"),
    "competitor": lazy_gettext("Competitor"),
    "non_payment": lazy_gettext("Unpaid"),
}
"""Short words for lists; an alert without one goes by its name in the playbook."""
BUYING_ROLES: Words = {
    "purchaser": lazy_gettext("Purchaser"),
    "influencer": lazy_gettext("Influencer"),
    "decision_maker": lazy_gettext("Decision maker"),
    "user": lazy_gettext("User of the product"),
    "insider": lazy_gettext("Insider"),
}
PERSONALITIES: Words = {
    "dominant": lazy_gettext("Dominant"),
    "expressive": lazy_gettext("Expressive"),
    "amiable": lazy_gettext("Amiable"),
    "analytical": lazy_gettext("Analytical"),
}
RECORDS: Words = {
    "deals": lazy_gettext("Deal"),
    "activities": lazy_gettext("Activity"),
    "cases": lazy_gettext("Case"),
}
ROLES: Words = {
    "admin": lazy_gettext("Administrator"),
    "editor": lazy_gettext("Playbook editor"),
    "manager": lazy_gettext("Manager"),
    "rep": lazy_gettext("Sales representative"),
    "auditor": lazy_gettext("Auditor"),
}
STATUSES: Words = {
    "queued": lazy_gettext("Waiting"),
    "running": lazy_gettext("Running"),
    "done": lazy_gettext("Done"),
    "partial": lazy_gettext("Done, some records failed"),
    "stopped": lazy_gettext("Stopped"),
    "failed": lazy_gettext("Failed"),
    "undone": lazy_gettext("Undone"),
}
RUN_KINDS: Words = {"sync": lazy_gettext("Sync"), "undo": lazy_gettext("Undo")}
PHASES: Words = {
    "pull": lazy_gettext("Reading the CRM"),
    "read": lazy_gettext("Reading texts"),
    "annotate": lazy_gettext("Judging"),
    "push": lazy_gettext("Writing tags"),
}
STEPS: Words = {
    "read": lazy_gettext("Read"),
    "computed": lazy_gettext("Judged"),
    "written": lazy_gettext("Written"),
    "waiting": lazy_gettext("Waits to be written"),
    "sending": lazy_gettext("Sent, not answered yet"),
    "failed": lazy_gettext("Given up"),
    "refused": lazy_gettext("Refused"),
}
"""The steps of a contact's trace."""
STATES: Words = {
    "failing": lazy_gettext("The sync fails."),
    "locked_out": lazy_gettext("The CRM no longer lets us in: check credentials and rights."),
    "stopped": lazy_gettext("The sync stopped and waits for an answer: see the last run."),
}
"""How connections stand that are not well."""
STREAMS: Words = {
    "users": lazy_gettext("Users"),
    "companies": lazy_gettext("Companies"),
    "contacts": lazy_gettext("Contacts"),
    "deals": lazy_gettext("Deals"),
    "activities": lazy_gettext("Activities"),
    "cases": lazy_gettext("Cases"),
    "push": lazy_gettext("Tags"),
}
COUNTS: Words = {
    "annotated": lazy_gettext("Judged"),
    "changed": lazy_gettext("Changed"),
    "pushed": lazy_gettext("Written"),
    "would_push": lazy_gettext("Would be written"),
    "unchanged": lazy_gettext("Unchanged"),
    "overrides": lazy_gettext("Overrides"),
    "failed": lazy_gettext("Failed"),
    "requests": lazy_gettext("Requests"),
}
QUESTIONS: Words = {
    "no_purchase": lazy_gettext("Why no purchase?"),
    "no_referral": lazy_gettext("Why no referral?"),
}
FOUND: Words = {"said": lazy_gettext("they said so"), "likely": lazy_gettext("the records suggest it")}
ANSWERED: Words = {
    "done": lazy_gettext("done"),
    "not_now": lazy_gettext("not now"),
    "wrong": lazy_gettext("wrong"),
}
MOVES: Words = {
    "came": lazy_gettext("Came in"),
    "rose": lazy_gettext("Rose"),
    "fell": lazy_gettext("Fell"),
    "same": lazy_gettext("Stayed"),
}
BY_TIME = lazy_gettext("By time alone")
COMPLAINT_AGES: Words = {
    "days_2": lazy_gettext("Up to two days"),
    "week": lazy_gettext("Up to a week"),
    "month": lazy_gettext("Up to a month"),
    "older": lazy_gettext("Older"),
}
WAYS: Words = {"up": lazy_gettext("rising"), "down": lazy_gettext("falling"), "steady": lazy_gettext("steady")}
SECTIONS: Words = {
    "method": lazy_gettext("Version, and figures for all rules"),
    "stages": lazy_gettext("The stages, and what shows each"),
    "markers": lazy_gettext("Markers"),
    "signals": lazy_gettext("Signals, and what each counts for trust"),
    "tactics": lazy_gettext("Tactics: what to do, how, and how to see that it worked"),
    "steps": lazy_gettext("Which tactic when, and why"),
    "avoids": lazy_gettext("What to avoid, and why"),
    "alerts": lazy_gettext("Alerts, and when they clear"),
    "falls": lazy_gettext("What lowers a stage"),
    "traits": lazy_gettext("Roles, manners and other traits of people"),
    "texts": lazy_gettext("Words of the card"),
    "library": lazy_gettext("Further texts for people"),
    "diagnoses": lazy_gettext("Why somebody does not buy or recommend"),
    "loss": lazy_gettext("Causes of losses"),
    "desk": lazy_gettext("The complaint desk"),
    "accounts": lazy_gettext("Where accounts stand"),
    "cues": lazy_gettext("How texts are read"),
}
LEVELS: Words = {"pass": lazy_gettext("Good"), "warn": lazy_gettext("Look at this"), "fail": lazy_gettext("Not good")}
SENTENCES = (
    lazy_gettext("E-mail or password is not right."),
    lazy_gettext("After 5 wrong passwords an account stays closed for 15 minutes."),
)
"""Errors from below that people meet every day; those with names in them stay in the language they are made in."""
TABLES: Mapping[str, Words] = {
    "object_word": OBJECTS,
    "buying_role_word": BUYING_ROLES,
    "personality_word": PERSONALITIES,
    "record_word": RECORDS,
    "role_word": ROLES,
    "status_word": STATUSES,
    "run_kind_word": RUN_KINDS,
    "phase_word": PHASES,
    "step_word": STEPS,
    "state_word": STATES,
    "stream_word": STREAMS,
    "count_word": COUNTS,
    "level_word": LEVELS,
    "question_word": QUESTIONS,
    "answer_word": FOUND,
    "answered_word": ANSWERED,
    "way_word": WAYS,
    "section_word": SECTIONS,
    "move_word": MOVES,
    "age_word": COMPLAINT_AGES,
}


def word(table: Words, identity: Any) -> str:
    found = table.get(identity)
    return str(found) if found is not None else str(identity).replace("_", " ")


def of_field(field: str, identity: str) -> str:
    """A value of one of our fields, named as the playbook names it."""
    return vocabulary(lang()).get(field, {}).get(identity) or identity


@cache
def vocabulary(language: str) -> Mapping[str, Mapping[str, str]]:
    return {spec.name: dict(spec.options) for spec in tag_specs(language)}


def stage(value: int | None) -> str:
    return str(NO_STAGE) if value is None else of_field(STAGE, Stage(value).key)


def band(value: str) -> str:
    return of_field(BAND, value)


def alert(value: str) -> str:
    return word(ALERTS, value) if value in ALERTS else of_field(ALERTS_FIELD, value)


def tactic(value: str) -> str:
    return of_field(NEXT_STEP, value) if value else ""


def sentence(error: CrmExtError) -> str:
    """An error in words, in the reader's language where it is known there."""
    known = {text: gettext(text) for text in (error.message, error.fix) if text}
    said = str(error)
    for text, translated in known.items():
        said = said.replace(text, translated)
    return said


def cause(signal: str) -> str:
    """What made somebody rise or fall."""
    return signal_name(signal, lang()) if signal else str(BY_TIME)


def tag_label(name: str) -> str:
    """What one of our fields is called."""
    return word(LABELS[lang()], name)


def tag_text(value: str, name: str) -> str:
    """The value of one of our fields, as a person reads it."""
    parts = split(value) if KINDS.get(name) is TagKind.CHOICES else [value]
    return ", ".join(of_field(name, part) for part in parts)


def alerts() -> list[str]:
    """Every alert there is."""
    return list(vocabulary(lang())[ALERTS_FIELD])


def number(value: float | None) -> str:
    """A figure in the reader's notation, with one decimal at most."""
    return "" if value is None else str(format_decimal(round(value, 1)))


def points(value: float | None) -> str:
    """Points of trust, in tenths."""
    return "" if value is None else str(format_decimal(value, "#,##0.0"))


def signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{points(abs(value))}"


def money(value: float, currency: str = "") -> str:
    return f"{format_decimal(round(value))} {currency}".strip()


def split(ids: str) -> list[str]:
    return [each for each in ids.split(";") if each]


FILTERS: Mapping[str, Callable[..., str | list[str]]] = {
    "stage_word": stage,
    "band_word": band,
    "alert_word": alert,
    "tactic_word": tactic,
    "cause_word": cause,
    "tag_label": tag_label,
    "tag_text": tag_text,
    "number": number,
    "points": points,
    "signed": signed,
    "money": money,
    "ids": split,
}


def spoken(words: Callable[..., Said]) -> Callable[..., Said]:
    """A filter that is asked anew each time: of a constant, Jinja would keep the first reader's language."""
    return pass_context(lambda _context, *args: words(*args))


def init_app(app: Flask) -> None:
    tables: dict[str, Callable[..., str | list[str]]] = {name: partial(word, table) for name, table in TABLES.items()}
    app.jinja_env.filters.update({name: spoken(each) for name, each in {**tables, **FILTERS}.items()})
