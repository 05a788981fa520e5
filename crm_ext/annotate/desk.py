"""The complaint desk (text 003): what a reply must not say and how to say it, the six steps, and the clock."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from crm_ext.domain.events import Direction, Event, EventType, Timeline
from crm_ext.playbook.diagnoses import Desk, DeskStep, Phrase, Reaction, desk_of
from crm_ext.playbook.items import LANGUAGES, Playbook

PUNCTUATION = "，。！？；：、,.!?;:\n“”「」"
GAP: Mapping[str, str] = {
    "en": r"(?:[ ,'-]+(?!(?:we|us|our|i|not|no|never)\b)[\w']+){0,4}?[ ,]*",
    "zh": rf'[^{PUNCTUATION}"您你他她我]{{0,8}}?',
}
REST: Mapping[str, str] = {
    "en": r"(?P<rest>[^,.!?;\n]+)",
    "zh": rf"(?P<rest>[^{PUNCTUATION}]+?)[的了吧啊]*(?=[{PUNCTUATION}]|$)",
}
QUOTED = re.compile(
    r"“[^”]*”|\"[^\"\n]*\"|「[^」]*」|『[^』]*』|‘[^’]*’|(?<!\w)'[^'\n]+'(?!\w)"
    r"|^[>＞].*$|^(?:On .+ wrote|.{0,40}写道)[:：][\s\S]*\Z",
    re.MULTILINE,
)
BLANK = re.compile(r"\{(\w+)(?:\|([^}]*))?\}")
SENTENCE_START = re.compile(r"(?:^|[.!?。！？\n]\s*)\Z")
ROUNDS = 40
COMPLAINTS = ("complaint_made", "complaint_repeated")
SETTLED = "complaint_resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A place in a draft that should be said otherwise. `kind`: forbidden (one of the eight groups) or caution."""

    id: str
    kind: str
    group: int
    start: int
    end: int
    quote: str
    why: str
    rewrite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a draft says wrongly, the same draft put right, the steps that it takes, and what is too early."""

    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    rewrite: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An open or settled complaint: minutes since it was reported (or until it was settled), ticks, likely reaction."""

    event: int
    reported_at: datetime
    minutes: int
    open: bool
    late: bool | None
    ticks: Mapping[str, int | None]
    reaction: str | None
    reaction_quote: str
    alarm: int
    next: str | None


@dataclass(frozen=True, slots=True)
class _Matcher:
    lang: str
    phrase: Phrase
    pattern: re.Pattern[str]


def check_reply(text: str, playbook: Playbook, lang: str = "en", done: Collection[str] = ()) -> Reply:
    """Judges a draft answer to a complaint. `done`: the steps that were taken before this reply.

    The customer's own words in quotation marks, or below a quoted mail's head, do not count.
    """
    steps = steps_in(text, desk_of(playbook))
    return Reply(
        findings=tuple(_finding(match, matcher, text, lang) for match, matcher in _matches(text, playbook)),
        warnings=tuple(_warnings(steps, done, desk_of(playbook), lang)),
        rewrite=_rewritten(text, playbook),
        steps=steps,
    )


def words(reply: Reply) -> dict[str, Any]:
    """A judged draft as JSON."""
    return asdict(reply)


def case_words(found: Case, playbook: Playbook, lang: str = "en") -> dict[str, Any]:
    """A complaint as JSON, its words in one language."""
    desk = desk_of(playbook)
    reaction = next((each for each in desk.reactions if each.id == found.reaction), None)
    return {
        "event": found.event,
        "reported_at": found.reported_at.isoformat(),
        "minutes": found.minutes,
        "open": found.open,
        "late": found.late,
        "alarm": found.alarm,
        "steps": [
            {"id": each.id, "name": each.name.lang(lang), "how": each.how.lang(lang), "event": found.ticks[each.id]}
            for each in desk.steps
        ],
        "next": found.next,
        "reaction": reaction
        and {
            "id": reaction.id,
            "name": reaction.name.lang(lang),
            "advice": reaction.advice.lang(lang),
            "quote": found.reaction_quote,
        },
    }


def steps_in(text: str, desk: Desk) -> tuple[str, ...]:
    """The steps of the six that a text of ours takes."""
    return tuple(step.id for step in desk.steps if any(_step_pattern(step, lang).search(text) for lang in LANGUAGES))


def case(timeline: Timeline, playbook: Playbook, as_of: datetime, wanted_by: datetime | None = None) -> Case | None:
    """The last complaint of a contact, None without one. `wanted_by`: when the customer wants it settled."""
    seen = sorted((each.at, i, each) for i, each in enumerate(timeline.events) if each.at <= as_of)
    reports = [place for place, (_, _, event) in enumerate(seen) if complains(event)]
    if not reports:
        return None
    at, index, report = seen[reports[-1]]
    after = seen[reports[-1] :]
    desk = desk_of(playbook)
    settled = report.closed_at or next((when for when, _, event in after if _has(event, (SETTLED,))), None)
    end = min(settled or as_of, as_of)
    ticks = {step.id: next((i for _, i, event in after if _takes(event, step)), None) for step in desk.steps}
    reaction, quote = _reaction((event for _, _, event in after), desk)
    return Case(
        event=index,
        reported_at=at,
        minutes=int((end - at).total_seconds() // 60),
        open=settled is None or settled > as_of,
        late=None if wanted_by is None else end > wanted_by,
        ticks=ticks,
        reaction=reaction.id if reaction else None,
        reaction_quote=quote,
        alarm=reaction.alarm if reaction else 1,
        next=next((step.tactic for step in desk.steps if ticks[step.id] is None), None),
    )


def complains(event: Event) -> bool:
    return event.type is EventType.COMPLAINT or _has(event, COMPLAINTS)


def _has(event: Event, signals: Collection[str]) -> bool:
    return any(each.id in signals for each in event.signals or ())


def _takes(event: Event, step: DeskStep) -> bool:
    ours = event.direction in {Direction.OUTBOUND, Direction.MUTUAL}
    return ours and any(_step_pattern(step, lang).search(event.text) for lang in LANGUAGES)


def _reaction(events: Iterator[Event], desk: Desk) -> tuple[Reaction | None, str]:
    """The most alarming reaction that the customer showed, as a hint."""
    shown = {signal.id: signal.quote for event in events for signal in event.signals or ()}
    found = max((each for each in desk.reactions if each.id in shown), key=lambda each: each.alarm, default=None)
    return found, shown[found.id] if found else ""


def _warnings(steps: Collection[str], done: Collection[str], desk: Desk, lang: str) -> Iterator[str]:
    taken = {*steps, *done}
    early = [step for step in steps if step in desk.late]
    for warning in desk.warnings:
        if early and warning.needs not in taken:
            yield warning.name.lang(lang)


def _matches(text: str, playbook: Playbook) -> list[tuple[re.Match[str], _Matcher]]:
    """All places in order; where two overlap, the longer one."""
    plain = text.replace("’", "'")
    quoted = [each.span() for each in QUOTED.finditer(text)]
    found = [
        (match, matcher)
        for matcher in _matchers(playbook)
        for match in matcher.pattern.finditer(plain)
        if not any(start <= match.start() and match.end() <= end for start, end in quoted)
    ]
    found.sort(key=lambda each: (_place(each[0])[0], -_place(each[0])[1]))
    kept: list[tuple[re.Match[str], _Matcher]] = []
    for each in found:
        if not kept or _place(each[0])[0] >= _place(kept[-1][0])[1]:
            kept.append(each)
    return kept


def _place(match: re.Match[str]) -> tuple[int, int]:
    """Where the phrase itself stands, without what follows it up to the end of the clause."""
    rest = match.start("rest") if "rest" in match.re.groupindex else -1
    return match.start(), rest if rest > match.start() else match.end()


def _finding(match: re.Match[str], matcher: _Matcher, text: str, lang: str) -> Finding:
    start, end = _place(match)
    return Finding(
        id=matcher.phrase.id,
        kind=matcher.phrase.kind,
        group=matcher.phrase.group,
        start=start,
        end=end,
        quote=text[start:end].strip(),
        why=matcher.phrase.why.lang(lang),
        rewrite=_replacement(match, matcher).strip(),
    )


def _replacement(match: re.Match[str], matcher: _Matcher) -> str:
    groups = match.groupdict()
    filled = BLANK.sub(lambda gap: groups.get(gap[1]) or gap[2] or "", matcher.phrase.rewrite.lang(matcher.lang))
    if SENTENCE_START.search(match.string[: match.start()]):
        filled = filled.lstrip(" ,")
        return filled[:1].upper() + filled[1:]
    return filled


def _rewritten(text: str, playbook: Playbook) -> str:
    """The draft with one place after the other put right, until none is left."""
    for _ in range(ROUNDS):
        found = _matches(text, playbook)
        if not found:
            break
        match, matcher = found[0]
        text = text[: match.start()] + _replacement(match, matcher) + text[match.end() :]
    return text


@lru_cache(maxsize=8)
def _matchers(playbook: Playbook) -> tuple[_Matcher, ...]:
    return tuple(
        _Matcher(lang, phrase, re.compile(_expanded(phrase.pattern.lang(lang), lang), re.IGNORECASE))
        for phrase in desk_of(playbook).phrases
        for lang in LANGUAGES
    )


@lru_cache(maxsize=64)
def _step_pattern(step: DeskStep, lang: str) -> re.Pattern[str]:
    return re.compile(_expanded(step.pattern.lang(lang), lang), re.IGNORECASE)


def _expanded(pattern: str, lang: str) -> str:
    return pattern.replace("…", GAP[lang]).replace("{rest}", REST[lang])
