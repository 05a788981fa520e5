import pytest

from crm_ext.connector_api import Gone, Outcome, Result, Row, SkipRecord, Unsure, batched, halved, http, looked_up

ROWS = [Row(str(number), {}) for number in range(100)]


def outcomes(results):
    return {each.id: each.outcome for each in results}


def test_batches_are_taken_one_at_a_time():
    items = iter(range(5))
    assert next(batched(items, 2)) == [0, 1]
    assert list(items) == [2, 3, 4]


@pytest.mark.parametrize("bad", [{"0"}, {"99"}, {"41", "42"}, {str(number) for number in range(100)}])
def test_only_the_rows_that_the_crm_refuses_are_refused(bad):
    calls = []

    def write(rows):
        calls.append(len(rows))
        if bad & {row.id for row in rows}:
            raise SkipRecord("Refused.", detail="no such option")
        return [Result(row.id) for row in rows]

    results = list(halved(ROWS, write))
    assert outcomes(results) == {row.id: Outcome.PERMANENT if row.id in bad else Outcome.OK for row in ROWS}
    assert {each.detail for each in results if each.id in bad} == {"no such option"}
    if len(bad) == 1:
        assert len(calls) <= 15


def test_a_row_that_is_gone_is_told_as_gone():
    def write(rows):
        raise Gone("404", detail="not found")

    assert list(halved(ROWS[:1], write)) == [Result("0", Outcome.GONE, "not found")]


def test_rows_without_a_result_are_sent_again_in_halves_and_never_for_ever():
    sent = []

    def write(rows):
        sent.append([row.id for row in rows])
        return [Result(row.id) for row in rows if row.id != "2"]

    results = list(halved(ROWS[:4], write))
    assert outcomes(results) == {"0": Outcome.OK, "1": Outcome.OK, "3": Outcome.OK, "2": Outcome.RETRY}
    assert sent == [["0", "1", "2", "3"], ["2"]]


class Crm:
    """Takes values, and loses the answers it is told to lose, before or after it did its work."""

    def __init__(self, *lost):
        self.lost = list(lost)
        self.stands = {}
        self.writes = []

    def write(self, rows):
        when = self.lost.pop(0) if self.lost else None
        if when == "before":
            raise Unsure("lost")
        for row in rows:
            self.writes.append(row.id)
            self.stands[row.id] = dict(row.values)
        if when == "after":
            raise Unsure("lost")
        return [Result(row.id) for row in rows]

    def read(self, ids):
        return {each: self.stands[each] for each in ids if each in self.stands}


@pytest.mark.parametrize("lost", [(), ("before",), ("after",), ("before", "after"), ("before", "before", "after")])
def test_rows_are_written_once_though_answers_get_lost(lost, monkeypatch):
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.0)
    crm, rows = Crm(*lost), [Row(str(number), {"a": "1"}) for number in range(10)]
    assert outcomes(looked_up(rows, crm.write, crm.read)) == {row.id: Outcome.OK for row in rows}
    assert sorted(crm.writes) == [row.id for row in rows]


def test_a_crm_that_never_answers_is_told(monkeypatch):
    monkeypatch.setattr(http, "BACKOFF", lambda _: 0.0)
    crm = Crm(*["before"] * 6)
    with pytest.raises(Unsure):
        looked_up([Row("1", {"a": "1"})], crm.write, crm.read)
    assert not crm.lost
