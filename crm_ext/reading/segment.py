"""A text cut into sentences, each with the voice that speaks in it. All places are characters of the text given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from crm_ext.domain.events import Direction, EventType

CUSTOMER, REP, OURS, OTHER = "customer", "rep", "ours", "other"
LONGEST = 400

_PLAIN = tuple(zip("‘’“”｀，！？；：（）％＄　\t\r\xa0", "''\"\"',!?;:()%$    ", strict=True))
_QUOTED = re.compile(
    r'"([^"]{2,}?)(?:"|$)|「([^」]{2,}?)(?:」|$)|『([^』]{2,}?)(?:』|$)|«([^»]{2,})»|\'(?<![a-z0-9]\')([^\n]{6,}?)\'(?![a-z0-9])'
)
_SENTENCE_END = re.compile(
    r"[.!?。;…\n](?:(?<!\.)[!?。;…\n]*[\"')\s]*|"
    r"(?<=\.)(?<!\bdr.)(?<!\bmr.)(?<!\bmrs.)(?<!\bms.)(?<!\bno.)(?<!\bvs.)[\"')]*(?:\s+|$))"
)
_REPLIED_TO = re.compile(
    r"^(?:-{2,} ?(?:original message|forwarded message|原始邮件|转发邮件)|on [^\n]{6,90} wrote:|"
    r"from: ?[^\n]+\n ?(?:sent|date|to):|发件人: ?[^\n]+\n|在[^\n]{6,60}写道:|于[^\n]{6,60}写道:)",
    re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^ ?>[^\n]*\n?", re.MULTILINE)
_OUR_SAYING = re.compile(
    r"(?:\b(?:i|we) (?:said|told|wrote|replied|answered|asked|promised|explained)\b[^\"]{0,30}|\brep(?: said)?:|"
    r"(?:^|[,。:;])\s*(?:我|我们|我方|本人|业务员|销售)(?:就|也|跟他|跟她|对他|对她|和他|和她|当场|当即)?(?:说|讲|回复|回答|答复|回|解释|答应|告诉)[^\"。]{0,8})[:,]?\s*$"
)
_OTHERS_SAYING = re.compile(
    r"(?:\b(?:competitor|rival|neighbou?r|colleague|friend|another customer|other (?:customer|client)|someone else|"
    r"(?:their|his|her) (?:sales ?man|supplier))\w*(?:'s)?(?: \w+){0,3} "
    r"(?:said|says|told|wrote|claims?|claimed|complained)\b[^\"]{0,20}|"
    r"(?:对手|竞品|邻居|同事|朋友|别的客户|另一(?:个|位)客户|其他客户|别人|隔壁)[^,。\"]{0,6}(?:说|讲|抱怨|发来|写道)[^\"。]{0,6})[:,]?\s*$"
)
_THEIR_SAYING = re.compile(
    r"(?:\b(?:he|she|they|customer|client|reply|replied|answer\w*|said|says)\b[^\"]{0,30}|"
    r"(?:他|她|对方|客户|回复|回信|回)[^\"。]{0,10})[:,]?\s*$"
)
_TO_US = re.compile(r"\b(?:you|your|yours|you're|you've|guys)\b|[你您]|贵司|贵公司")
_OF_THEM = re.compile(r"\b(?:he|she|his|her|him|hers|they|their|customer|client)\b|[他她]|对方|客户")
_OF_SELF = re.compile(r"\b(?:i|i'm|i've|i'll|my|we|our|us|me)\b|[我咱]")


_OUR_WRITING = re.compile(
    r"[\s\"'.:-]*(?:asked|wrote|sent|offered|invited|thanked|wished|reminded|enquired|inquired|chased|mailed|emailed|texted|posted)\b|"
    r"[\s\"'.:-]*(?:又|再)?(?:问|询问|问候|邀请|提醒|催|追问|发|寄)"
)
_REPORT = re.compile(
    r"[\s\"'.:-]*(?:(?!(?:thank|need|indeed|interest|disappoint)\w*)[a-z-]+ed|asks|says|wants|writes|calls|rings|sends|wrote|sent|said|told|"
    r"rang|came|brought|bought|took|gave|got|made|found|spoke|met|left|put|kept|would|first|second|third|another|new|"
    r"he|she|they|his|her|their|customer|client|web form|form|referral|complaint|order|reorder|renewal)\b|"
    r"[\s\"':]*(?:又|再次|已|主动|当场|第[一二三四五六七八九十\d]|首|续|问|询|咨询|打听|要求|表示|来信|来电|来访|来了|发来|发邮件|回复|回信|说|讲|称|"
    r"投诉|反映|抱怨|大骂|介绍|推荐|带|听|参加|到|下单|订购|购买|买了|付|打电话|打来|邀|请我们|感谢我|称赞|夸|催|退|取消|拒|没|未|赊)"
)


class Sentence(NamedTuple):
    start: int
    end: int
    voice: str


def normalise(text: str) -> str:
    """Lower case and plain marks, character for character."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
    for mark, plain in _PLAIN:
        if mark in low:
            low = low.replace(mark, plain)
    return low


def _blank(found: re.Match[str]) -> str:
    return " " * (len(found[0]) - 1) + "\n"


def own_words(low: str) -> str:
    """The text with what a mail quotes from earlier mails blanked out."""
    if "\n" not in low and ">" not in low:
        return low
    earlier = _REPLIED_TO.search(low)
    if earlier:
        low = low[: earlier.start()].ljust(len(low))
    return _QUOTED_LINE.sub(_blank, low)[: len(low)] if ">" in low else low


def sentences(low: str, kind: EventType, direction: Direction) -> list[Sentence]:
    """In order; quotes are sentences of their own."""
    return [
        Sentence(place, min(place + LONGEST, end), voice)
        for first, last, voice in _stretches(low, kind, direction)
        for start, end in pairwise((first, *_ends(low, first, last), last))
        for place in range(start, end, LONGEST)
    ]


def _ends(low: str, start: int, end: int) -> list[int]:
    return [mark.end() for mark in _SENTENCE_END.finditer(low, start, end)]


def _stretches(low: str, kind: EventType, direction: Direction) -> Iterator[tuple[int, int, str]]:
    place = 0
    for quote in _QUOTED.finditer(low):
        inside = low[quote.start() + 1 : quote.end()]
        if _is_term(inside):
            continue
        before = low[place : quote.start()]
        yield place, quote.start(), _teller(before, kind, direction)
        yield quote.start() + 1, quote.end(), _quoted_voice(before, kind, direction)
        place = quote.end()
    yield place, len(low), _teller(low[place:], kind, direction)


def _is_term(inside: str) -> bool:
    """A word in quotation marks is a name, not speech."""
    body = inside.strip("\"'」』» ,.")
    return len(body) < 4 if not body.isascii() else " " not in body


def _quoted_voice(before: str, kind: EventType, direction: Direction) -> str:
    if _OUR_SAYING.search(before):
        return OURS
    if _OTHERS_SAYING.search(before):
        return OTHER
    written = kind in (EventType.EMAIL, EventType.MESSAGE)
    return OURS if written and direction is Direction.OUTBOUND and not _THEIR_SAYING.search(before) else CUSTOMER


def _teller(stretch: str, kind: EventType, direction: Direction) -> str:
    """Who tells what stands outside of quotes: notes are ours, what comes in may be the customer's own writing."""
    if direction is Direction.OUTBOUND:
        written = kind in (EventType.EMAIL, EventType.MESSAGE)
        return OURS if written and (_TO_US.search(stretch) or _OUR_WRITING.match(stretch)) else REP
    if direction is not Direction.INBOUND:
        return REP
    if kind not in (EventType.EMAIL, EventType.MESSAGE):
        return CUSTOMER if _TO_US.search(stretch) and not _OF_THEM.search(stretch) else REP
    if _REPORT.match(stretch):
        return CUSTOMER if _TO_US.search(stretch) and not _OF_THEM.search(stretch) else REP
    return CUSTOMER if _TO_US.search(stretch) or _OF_SELF.search(stretch) or not _OF_THEM.search(stretch) else REP
