"""A step that somebody answered rests for a while, and comes back by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crm_ext.annotate import annotate
from crm_ext.domain.events import Answered, Direction, Event, EventType, Timeline
from crm_ext.playbook import load
from tests.factories import AS_OF

TRIED = Event(type=EventType.CALL, at=AS_OF - timedelta(days=3), direction=Direction.OUTBOUND, signals=())
BLANK = Timeline(id="x", events=(TRIED,))


def judged(*answers: Answered, days: float = 0):
    return annotate(replace(BLANK, answers=answers), load(), AS_OF + timedelta(days=days))


def steps(annotation) -> list[str]:
    return [each.id for each in annotation.tactics]


@pytest.mark.parametrize("answer", ["done", "not_now", "wrong"])
def test_it_is_not_recommended_again_at_once(answer):
    first = steps(judged())[0]
    after = judged(Answered(first, answer, AS_OF))
    assert first not in steps(after)
    assert after.due_at <= AS_OF + timedelta(days=load().parameters[f"rest_{answer}"], seconds=1)


def test_it_comes_back_when_its_rest_is_over():
    first = steps(judged())[0]
    days = load().parameters["rest_not_now"]
    said = Answered(first, "not_now", AS_OF)
    assert first not in steps(judged(said, days=days - 1))
    assert steps(judged(said, days=days)) == steps(judged(days=days))


def test_the_last_answer_counts_and_one_to_come_is_not_heard():
    first = steps(judged())[0]
    long_ago = Answered(first, "done", AS_OF - timedelta(days=400))
    assert judged(long_ago) == judged()
    assert judged(Answered(first, "done", AS_OF + timedelta(days=1))) == judged()
