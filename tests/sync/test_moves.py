"""The book's history is written by the judgement itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_ext.annotate import annotate
from crm_ext.domain.events import Direction, Event, EventType, Signal, Timeline
from crm_ext.domain.tags import tag_values
from crm_ext.playbook import load
from crm_ext.sync.moves import lost, move
from tests.factories import AS_OF

NEW = {"trust_level": None, "stage": None, "band": None, "alerts": ""}
SAID = Signal(id="wants_to_meet", rule="x", start=0, end=1, quote="When do you come?")
MET = Event(type=EventType.MEETING, at=AS_OF - timedelta(days=3), direction=Direction.MUTUAL, signals=(SAID,))
TIMELINE = Timeline(id="x", events=(MET,))


@pytest.fixture
def judged():
    annotation = annotate(TIMELINE, load(), AS_OF)
    return annotation, tag_values(annotation, "")


def row(annotation, **changed):
    same = {"trust_level": annotation.trust.level, "stage": annotation.stage, "band": annotation.trust.band.value}
    return {**same, "alerts": "", **changed}


def test_the_first_judgement_comes_in(judged):
    found = move(NEW, *judged)
    assert (found["way"], found["stage_to"], found["at"]) == ("came", judged[0].stage, AS_OF)


def test_nothing_moved_leaves_no_line(judged):
    assert move(row(judged[0]), *judged) is None


def test_who_rose_names_what_they_did(judged):
    found = move(row(judged[0], stage=0), *judged)
    assert (found["way"], found["cause"]) == ("rose", "wants_to_meet")


def test_who_falls_by_time_alone_names_nothing(judged):
    found = move(row(judged[0], stage=4), *judged)
    assert (found["way"], found["cause"]) == ("fell", "")


def test_alerts_come_and_go_within_a_stage(judged):
    found = move(row(judged[0], alerts="complaint;dormant"), *judged)
    assert (found["way"], found["cleared"], found["gained"]) == ("same", "complaint;dormant", "")


def test_a_loss_has_its_cause_drafted(judged):
    gone = {**move(NEW, *judged), "gained": "dormant;lost"}
    causes = {each["id"] for each in load().documents["loss"]["causes"]}
    assert lost(gone, TIMELINE, load(), judged[0])["loss"] in causes | {""}
    kept = {**gone, "gained": "dormant"}
    assert lost(kept, TIMELINE, load(), judged[0]) == kept
