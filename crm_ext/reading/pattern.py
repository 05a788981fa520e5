"""The small language of cues, and regular expressions made from it.

A rule is a row of slots with blanks between them: `recommend*|refer* .. $US`. A slot is a choice of words; `_` stands
for a blank inside one, `*` for any ending, `<n>` for a number, `$name` for a class of words, `?` at the end makes the
slot optional. Up to three words (six characters in Chinese) may stand between two slots; `..` allows more, `+` before
a slot none, and `!slot` forbids a word there. `^` before a word: it opens the text or follows a blank.
Words with `@` are flags. Classes in capitals (who speaks, who is spoken to) differ with the voice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crm_ext.errors import CrmExtError

_NUMBER = {
    "en": r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|half|a dozen)",
    "zh": r"(?:\d[\d,.]*|[一二两三四五六七八九十百千半几]+)",
}
_NUMBER_HEADS = (
    *"0123456789一二两三四五六七八九十百千半几",
    *_NUMBER["en"].removeprefix(r"(?:\d[\d,.]*|").removesuffix(")").split("|"),
)
_GAP = {"en": r"(?:[^a-z0-9]+[a-z0-9'%.-]+){0,3}?[^a-z0-9]+", "zh": r"[^,;!?，。；！？]{0,6}?"}
_LONG = {"en": r"(?:[^a-z0-9].{0,70}?)?[^a-z0-9]", "zh": r".{0,24}?"}
_NEXT = {"en": r"[^a-z0-9]+", "zh": ""}
_ENDING = {"en": "[a-z'-]*", "zh": ".{0,2}?"}
_AHEAD = {"en": r"(?!.{0,24}?%s)", "zh": r"(?!.{0,8}?%s)"}
_FIRST = re.compile(r"[a-z]+\*?|[^a-z*_<]+")
_LAST = re.compile(r"[^a-z*]([a-z]+)$")

OPENING = r"(?:^|(?<=[\s\"]))"
VOICES = frozenset("crox")
Classes = Mapping[str, str]
Heads = tuple[str, ...]


class BadCue(CrmExtError):
    """A rule that cannot be read."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the cues: what it signals, its slots, and its flags."""

    id: str
    signal: str
    language: str
    slots: tuple[str, ...]
    flags: frozenset[str]
    confidence: float


def rule(signal: str, language: str, number: int, line: str, shared: str = "") -> Rule:
    words = line.split()
    flags = [each[1:] for each in words if each.startswith("@")]
    voiced = bool(VOICES.intersection(flags))
    flags += [each[1:] for each in shared.split() if not (voiced and each[1:] in VOICES)]
    weights = [float(each) for each in flags if each[0].isdigit()]
    return Rule(
        f"{signal}.{language}.{number}",
        signal,
        language,
        tuple(each for each in words if not each.startswith("@")),
        frozenset(each for each in flags if not each[0].isdigit()),
        weights[0] if weights else 0.9,
    )


def words(slot: str, classes: Classes) -> list[str]:
    """The choices of a slot with its classes written out."""
    found: list[str] = []
    body = slot[1:] if forbids(slot) or slot.startswith("+") else slot
    for choice in body.removesuffix("?").split("|"):
        if not choice.startswith("$"):
            found.append(choice)
        elif choice[1:] in classes:
            found += words(classes[choice[1:]], classes)
        else:
            raise BadCue(f"There is no class {choice} in the cues.", fix=f"Define it or correct the slot {slot!r}.")
    return [each for each in found if each]


def _choice(word: str, language: str) -> str:
    """One word with its endings, without its edges."""
    parts = (re.escape(each).replace("_", r"[\s-]*" if language == "zh" else r"[\s-]+") for each in word.split("*"))
    return _ENDING[language].join(parts).replace("<n>", _NUMBER[language])


def _latin(word: str) -> bool:
    first = word.strip("*<>")[:1]
    return first.isascii() and first.isalnum()


def choices(slot: str, language: str, classes: Classes) -> str:
    """The alternatives of a slot: Latin words stand whole between two edges, those with `^` at an opening."""
    listed = sorted(words(slot, classes), key=len, reverse=True)
    opening = [each[1:] for each in listed if each.startswith("^")]
    latin = [each for each in listed if _latin(each)]
    other = [each for each in listed if not each.startswith("^") and not _latin(each)]
    groups = ((OPENING, opening, ""), (r"(?<![a-z])", latin, r"(?![a-z])"), ("", other, ""))
    made = [
        f"{before}(?:{'|'.join(_choice(each, language) for each in them)}){after}"
        for before, them, after in groups
        if them
    ]
    return f"(?:{'|'.join(made)})"


def regex(slots: tuple[str, ...], language: str, classes: Classes) -> re.Pattern[str]:
    """A pattern whose groups are the slots, so that what stands between them can be looked at."""
    parts: list[str] = []
    gap = ""
    for slot in slots:
        if slot == "..":
            gap = _LONG[language]
            continue
        body = choices(slot, language, classes)
        if forbids(slot):
            parts.append(_AHEAD[language] % body)
            continue
        piece = f"{_NEXT[language] if slot.startswith('+') else gap}({body})"
        optional = slot.endswith("?")
        parts.append(f"(?:{piece})?" if optional else piece)
        gap = gap if optional else _GAP[language]
    return re.compile("".join(parts))


def anchors(slots: tuple[str, ...], classes: Classes) -> list[Heads]:
    """For each slot that must be there and has fixed words: those words; one ending in `*` may go on."""
    found = []
    for slot in slots:
        if slot == ".." or forbids(slot) or slot.endswith("?"):
            continue
        heads = tuple(head for each in words(slot, classes) for head in _heads(each))
        if all(heads):
            found.append(heads)
    return found


def forbids(slot: str) -> bool:
    return slot.startswith("!") and not slot.startswith("!!")


def opening(word: str) -> str:
    """The first word of a choice, or the last of one that may begin with anything; `*` where it may go on."""
    plain = word.lstrip("^")
    first, last = _FIRST.match(plain), _LAST.search(plain)
    if first:
        return first[0]
    if last:
        return last[1] + "*" * (not _latin(plain))
    raise BadCue(f"The word {word!r} of a test has no fixed part.", fix="Begin it with letters.")


def _heads(word: str) -> tuple[str, ...]:
    """What a word begins with: up to the first open place, and with `*` where there is one."""
    plain = word.lstrip("^").replace("_", " ")
    if plain.startswith("<n>"):
        return _NUMBER_HEADS
    head = re.split(r"[*<]", plain, maxsplit=1)[0]
    return (head.strip() + "*" * (head != plain) if head.strip() else "",)
