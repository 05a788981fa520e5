"""The made-up lives: every story is told, and each one's meaning is known to the tests only."""

from __future__ import annotations

from collections import Counter
from datetime import date

from crm_ext.domain.records import Stream
from crm_ext.sample.export import rows
from crm_ext.sample.grammar import Grammar
from crm_ext.sample.records import WRITERS
from crm_ext.sample.stories import beats
from crm_ext.sample.world import data
from tests.sample.intended import ALERTS, STAGES, intended, stories

AS_OF = date(2026, 6, 30)


def test_every_story_has_a_meaning_and_is_told():
    told = Counter(stories(3_000, 1, AS_OF).values())
    assert told.keys() == STAGES.keys()
    assert STAGES.keys() >= ALERTS.keys()


def test_every_stage_is_there():
    certain = Counter(next(iter(each)) for each in intended(2_000, 1, AS_OF).values() if len(each) == 1)
    assert certain.keys() == {None, 0, 1, 2, 3, 4}
    assert min(certain.values()) >= 40


def test_the_recorder_changes_nothing():
    plain = list(rows(200, 9, AS_OF))
    told: list[tuple[str, str]] = []
    assert list(rows(200, 9, AS_OF, lambda *each: told.append(each))) == plain
    assert [contact for contact, _ in told] == [row[0] for stream, row in plain if stream is Stream.CONTACTS]


def test_every_beat_is_in_a_story_and_every_story_s_beats_exist():
    tables = data("stories.yaml")
    written = [each["beats"] for each in tables["stories"].values()]
    for account in tables["accounts"].values():
        written += [*account["people"].values(), account["all"]]
    named = {name for line in written for each in line for name in each.partition("*")[0].rstrip("?").split("|")}
    assert named == set(tables["beats"])
    kinds = {each["type"] for each in tables["beats"].values()}
    assert WRITERS.keys() <= kinds


def test_about_five_activities_a_contact():
    found = Counter(stream for stream, _ in rows(3_000, 2, AS_OF))
    assert 4.5 < found[Stream.ACTIVITIES] / found[Stream.CONTACTS] < 6


class Fixed:
    """A source of chance that always says the same."""

    def __init__(self, value: float) -> None:
        self.value = value

    def random(self) -> float:
        return self.value

    def randint(self, least: int, most: int) -> int:
        return least if self.value < 0.5 else most


def test_how_a_line_of_beats_is_read():
    line = ["a", "b?", "c|d", "e*2-4"]
    assert list(beats(Fixed(0.0), line)) == ["a", "c", "e", "e"]
    assert list(beats(Fixed(0.99), line)) == ["a", "b", "d", "e", "e", "e", "e"]


def test_fragments_fill_one_another():
    grammar = Grammar({"who": ["{they} and {They}"], "nested": ["<{who}>"]})
    assert grammar.text("{nested}  {x}", {"they": "she", "x": "!"}, Fixed(0.0)) == "<she and She> !"
