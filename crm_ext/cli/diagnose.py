"""`crm-ext diagnose …`: questions about timelines in a file or about stored contacts, and about drafts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import click

from crm_ext import playbook
from crm_ext.annotate import accounts, annotate, desk, effort, portfolio, value
from crm_ext.annotate.questions import QUESTIONS, words
from crm_ext.annotate.timeline import as_of_of, moment, parse
from crm_ext.cli.annotate import read
from crm_ext.cli.base import with_instance
from crm_ext.domain.annotation import Annotation
from crm_ext.domain.events import Timeline
from crm_ext.errors import CrmExtError
from crm_ext.playbook import Playbook
from crm_ext.sync import connections, diagnoses
from crm_ext.sync.environment import config

Words = dict[str, Any]

SOURCE = click.argument("source", metavar="[FILE|ID]", default="-")
STORED = click.option("--connection", metavar="NAME", help="Ask about what is stored under ID in this connection.")
AS_OF = click.option("--as-of", metavar="DATE", help="Judge as of this date; wins over the line's own.")
LANG = click.option(
    "--lang", type=click.Choice(["en", "zh"]), help="Language of the answer; the line's own by default."
)
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


class BadLine(CrmExtError):
    """A line of the input that holds no timeline; says which and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a question is about: the timelines of a file, or what a connection has stored under an id."""

    source: str
    connection: str | None
    as_of: str | None

    @property
    def file(self) -> TextIO:
        """Raises click's usage error for a file that is not there."""
        opened = click.File(encoding="utf-8").convert(self.source, None, click.get_current_context())
        return cast("TextIO", opened)

    @property
    def id(self) -> str:
        if self.source == "-":
            raise click.UsageError("Give the ID of the contact or company that --connection is to be asked about.")
        return self.source

    @property
    def day(self) -> datetime | None:
        return moment(self.as_of) if self.as_of else None


@click.group("diagnose")
def diagnose() -> None:
    """Why no purchase, why no referral, how tense, why lost; and what a reply must not say."""


TEXTS: Mapping[str, str] = {
    "no_purchase": "Why they do not buy.",
    "no_referral": "Why they refer nobody to us.",
    "tension": "Relationship tension and task tension.",
    "loss": "A loss report, as a draft.",
    "complaint": "The last complaint: its clock, the six steps and the likely reaction.",
}
EXAMPLES = """

\b
Asked about each timeline of FILE (standard input by default), or about the stored contact ID:
  crm-ext diagnose {name} FILE.jsonl
  crm-ext diagnose {name} --connection crm 4711
"""


def _command(name: str, question: str) -> click.Command:
    @click.command(name, help=TEXTS[question] + EXAMPLES.format(name=name))
    @SOURCE
    @STORED
    @AS_OF
    @LANG
    @JSON
    def command(source: str, connection: str | None, as_of: str | None, lang: str | None, as_json: bool) -> None:
        asked = Asked(source, connection, as_of)
        found = list(_answers(asked, question, lang)) if connection is None else [_stored(asked, question, lang)]
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))
            return
        for each in found:
            _show(each, as_json=False)

    return command


for _question in QUESTIONS:
    diagnose.add_command(_command(_question.replace("_", "-"), _question))


def _answers(asked: Asked, question: str, lang: str | None) -> Iterator[Words]:
    """One answer per timeline, in the order of the input."""
    book = playbook.load()
    for timeline, annotation in _judged(asked.file, asked.as_of, book):
        answer = QUESTIONS[question](timeline, book, annotation)
        yield {"id": timeline.id, **words(answer, book, lang or timeline.language)}


@with_instance
def _stored(asked: Asked, question: str, lang: str | None) -> Words:
    answer = diagnoses.of_contact(question, connections.get(asked.connection or ""), asked.id, asked.day)
    return {"id": asked.id, **diagnoses.words(answer, lang or config().lang)}


@diagnose.command("account")
@SOURCE
@STORED
@AS_OF
@click.option("--share", type=click.FloatRange(0, 1), help="Our part of what they purchase.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@JSON
def account(
    source: str, connection: str | None, as_of: str | None, *, share: float | None, lang: str, as_json: bool
) -> None:
    """Where a company stands beside its people: all those in FILE, or those of the stored company ID."""
    asked = Asked(source, connection, as_of)
    _show(_stored_account(asked, share, lang) if connection else _account(asked, share, lang), as_json)


def _account(asked: Asked, share: float | None, lang: str) -> Words:
    book = playbook.load()
    people = list(_judged(asked.file, asked.as_of, book))
    if not people:
        raise BadLine("No people to judge.", fix="Give one timeline a line.")
    day = asked.day or max(annotation.as_of for _, annotation in people)
    return words(accounts.account(people, book, day, share), book, lang)


@with_instance
def _stored_account(asked: Asked, share: float | None, lang: str) -> Words:
    found = diagnoses.of_company(connections.get(asked.connection or ""), asked.id, asked.day, share)
    return diagnoses.words(found, lang)


@diagnose.command("effort")
@click.argument("file", default="-")
@click.option("--connection", metavar="NAME", help="Ask about all stored contacts of this connection instead of FILE.")
@AS_OF
@JSON
def efforts(file: str, connection: str | None, as_of: str | None, as_json: bool) -> None:
    """What the customers of each class cost us and bring us."""
    asked = Asked(file, connection, as_of)
    _show([asdict(row) for row in (_stored_effort(asked) if connection else _effort(asked))], as_json)


def _effort(asked: Asked) -> Iterable[effort.ClassEffort]:
    book = playbook.load()
    people = list(_judged(asked.file, asked.as_of, book))
    buyers = (value.summary(timeline.events, annotation.as_of) for timeline, annotation in people)
    purchases = portfolio.fit(buyers, classes=portfolio.shares(book))
    return effort.effort((each, annotate(each, book, annotation.as_of, purchases)) for each, annotation in people)


@with_instance
def _stored_effort(asked: Asked) -> Iterable[effort.ClassEffort]:
    return diagnoses.of_classes(connections.get(asked.connection or ""), asked.day)


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


def _show(found: Words | list[Words], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in _lines(found, 0):
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
