"""From a rep's note to the cause: reader and diagnosis together."""

from __future__ import annotations

import pytest

from crm_ext import reading
from crm_ext.annotate.causes import diagnose
from crm_ext.domain.events import Direction, Event, EventType
from tests.annotate.histories import AS_OF, BOTH, PLAYBOOK, event, history, judged

MET = event(90, "meeting", direction=BOTH)


def cause(text: str) -> str | None:
    (signals,) = reading.load().read([reading.Text(text, EventType.NOTE, Direction.INTERNAL)])
    note = Event(type=EventType.NOTE, at=AS_OF, text=text, signals=signals)
    timeline = history(MET, note)
    return diagnose("no_purchase", timeline, PLAYBOOK, judged(timeline)).cause


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("她说我已经习惯和别人往来了", "trust"),
        ("客户说以前没打过交道，还是算了", "trust"),
        ("他曾经上过当，不敢再试", "trust"),
        ("She was cheated once before by a firm like ours.", "trust"),
        ("客户说现在还有更紧急的问题", "need"),
        ("他说手头有更重要的事", "need"),
        ("他觉得这事跟我没关系", "need"),
        ("She says they don't need it.", "need"),
        ("She says they have more urgent matters.", "need"),
        ("客户觉得方案没有对症下药", "help"),
        ("他说不错，但不清楚好在哪里", "help"),
        ("He says it doesn't solve their problem.", "help"),
        ("客户担心会不会又当冤大头", "satisfaction"),
        ("他问承诺会兑现吗", "satisfaction"),
        ("She is not sure it is the right choice.", "satisfaction"),
    ],
)
def test_their_typical_sentences_name_the_cause(text, wanted):
    assert cause(text) == wanted


@pytest.mark.parametrize(
    "text", ["没有更急的事，可以马上开始", "他不怕上当，信得过我们", "我们的方案很对症", "They need it badly."]
)
def test_the_opposite_does_not(text):
    (signals,) = reading.load().read([reading.Text(text, EventType.NOTE, Direction.INTERNAL)])
    assert not {each.id for each in signals} & {"lacks_trust", "lacks_need", "lacks_help", "lacks_satisfaction"}
