"""`crm-ext diagnose …`: questions about timelines and drafts, answered offline."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from crm_ext import playbook
from crm_ext.annotate import accounts, annotate, causes, desk, effort, loss, portfolio, tension, value
from crm_ext.annotate.timeline import as_of_of, moment, parse
from crm_ext.cli.annotate import read
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.errors import CrmExtError
from crm_ext.playbook import Playbook

Words = dict[str, Any]
Question = Callable[[Timeline, Playbook, Annotation, str], Words]

FILE = click.argument("file", type=click.File(encoding="utf-8"), default="-")
AS_OF = click.option("--as-of", metavar="DATE", help="Judge as of this date; wins over the line's own.")
LANG = click.option(
    "--lang", type=click.Choice(["en", "zh"]), help="Language of the answer; the line's own by default."
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


class BadLine(CrmExtError):
    """A line of the input that holds no timeline; says which and why."""


@click.group("diagnose")
def diagnose() -> None:
    """Why no purchase, why no referral, how tense, why lost; and what a reply must not say."""


def _tension(timeline: Timeline, book: Playbook, annotation: Annotation, lang: str) -> Words:
    found = tension.tension(timeline, book, annotation)
    return {"zone": None} if found is None else tension.words(found, book, lang)


def _loss(timeline: Timeline, book: Playbook, annotation: Annotation, lang: str) -> Words:
    return loss.words(loss.report(timeline, book, annotation), book, lang)


def _tree(question: str) -> Question:
    def ask(timeline: Timeline, book: Playbook, annotation: Annotation, lang: str) -> Words:
        return causes.words(causes.diagnose(question, timeline, book, annotation), book, lang)

    return ask


QUESTIONS: Mapping[str, tuple[str, Question]] = {
    "no-purchase": ("Why the contacts of FILE do not buy.", _tree("no_purchase")),
    "no-referral": ("Why the contacts of FILE do not refer us.", _tree("no_referral")),
    "tension": ("Relationship tension and task tension of the contacts of FILE.", _tension),
    "loss": ("A loss report on each contact of FILE, as a draft.", _loss),
}


def _command(name: str, text: str, ask: Question) -> click.Command:
    @click.command(name, help=text)
    @FILE
    @AS_OF
    @LANG
    @JSON
    def command(file: TextIO, as_of: str | None, lang: str | None, as_json: bool) -> None:
        _each(file, as_of, lang, as_json, ask)

    return command


for _name, (_text, _ask) in QUESTIONS.items():
    diagnose.add_command(_command(_name, _text, _ask))


@diagnose.command("account")
@FILE
@AS_OF
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--share", type=click.FloatRange(0, 1), help="Our part of what they purchase.")
@JSON
def account(file: TextIO, as_of: str | None, lang: str, share: float | None, as_json: bool) -> None:
    """Where the company of all the people in FILE stands, beside the people's own stages."""
    book = playbook.load()
    people = [(timeline, annotation) for timeline, annotation in _judged(file, as_of, book)]
    if not people:
        raise BadLine("No people to judge.", fix="Give one timeline a line.")
    day = moment(as_of) if as_of else max(annotation.as_of for _, annotation in people)
    _show(accounts.words(accounts.account(people, book, day, share), book, lang), as_json)


@diagnose.command("effort")
@FILE
@AS_OF
@JSON
def efforts(file: TextIO, as_of: str | None, as_json: bool) -> None:
    """What the customers of each class in FILE cost us and bring us."""
    book = playbook.load()
    people = list(_judged(file, as_of, book))
    buyers = (value.summary(timeline.events, annotation.as_of) for timeline, annotation in people)
    purchases = portfolio.fit(buyers, classes=portfolio.shares(book))
    valued = ((each, annotate(each, book, annotation.as_of, purchases)) for each, annotation in people)
    _show([asdict(row) for row in effort.effort(valued)], as_json)


@diagnose.group("desk")
def complaint_desk() -> None:
    """Answers to somebody who complains."""


@complaint_desk.command("check")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--done", multiple=True, help="A step taken before this reply; may be repeated.")
@JSON
def desk_check(file: TextIO, lang: str, done: tuple[str, ...], as_json: bool) -> None:
    """What the draft reply in FILE says wrongly, and how to say it."""
    reply = desk.check_reply(file.read(), playbook.load(), lang, done)
    _show(desk.words(reply), as_json)


def _each(file: TextIO, as_of: str | None, lang: str | None, as_json: bool, ask: Question) -> None:
    """One answer per timeline, in the order of the input."""
    book = playbook.load()
    found = [
        {"id": timeline.id, **ask(timeline, book, annotation, lang or timeline.language)}
        for timeline, annotation in _judged(file, as_of, book)
    ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for each in found:
        _show(each, as_json=False)


def _judged(file: TextIO, as_of: str | None, book: Playbook) -> Iterator[tuple[Timeline, Annotation]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            timeline = read(parse(row))
            yield timeline, annotate(timeline, book, as_of_of(row, as_of, datetime.now(UTC).date()))
        except (ValueError, CrmExtError) as error:
            raise BadLine(f"Line {number}: {error}") from error


def _show(words: Words | list[Words], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(words, ensure_ascii=False))
        return
    for line in _lines(words, 0):
        sys.stdout.write(f"{line}\n")


def _lines(thing: Any, depth: int) -> Iterator[str]:
    """A JSON value as indented lines; what is empty is left out."""
    pairs = thing.items() if isinstance(thing, dict) else (("-", each) for each in thing)
    for name, each in pairs:
        if isinstance(each, dict | list):
            if each:
                yield f"{'  ' * depth}{name}:" if name != "-" else f"{'  ' * depth}-"
                yield from _lines(each, depth + 1)
        elif each is not None and each != "":
            yield f"{'  ' * depth}{name}: {each}" if name != "-" else f"{'  ' * depth}- {each}"
