import threading

import pytest

from crm_ext.connector_api import side_by_side, spread


def test_sources_run_at_the_same_time_and_keep_their_own_order():
    meet = threading.Barrier(3, timeout=5)

    def source(letter):
        def items():
            meet.wait()
            yield from (f"{letter}{number}" for number in range(50))

        return items

    got = list(side_by_side({letter: source(letter) for letter in "abc"}))
    for letter in "abc":
        assert [item for key, item in got if key == letter] == [f"{letter}{number}" for number in range(50)]


def test_a_source_runs_only_a_little_ahead_of_its_reader():
    made = []
    reading = side_by_side({"a": lambda: (made.append(number) or number for number in range(100))}, ahead=2)
    next(reading)
    reading.close()
    assert len(made) <= 5


def test_an_error_in_one_source_is_raised_and_the_others_end():
    def broken():
        yield 1
        raise ValueError("broken")

    def endless():
        while True:
            yield 0

    before = threading.active_count()
    with pytest.raises(ValueError, match="broken"):
        list(side_by_side({"a": broken, "b": endless}))
    for thread in threading.enumerate()[before:]:
        thread.join(2)
    assert threading.active_count() <= before


def test_a_reader_who_leaves_ends_the_sources():
    def endless():
        while True:
            yield 0

    before = set(threading.enumerate())
    reading = side_by_side({"a": endless, "b": endless})
    next(reading)
    reading.close()
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(2)
    assert not any(thread.is_alive() for thread in started)


def test_spread_takes_an_item_only_when_a_worker_is_free():
    taken, answered = [], []
    items = (taken.append(number) or number for number in range(20))
    for answer in spread(lambda number: number * 2, items, workers=3):
        answered.append(answer)
        assert len(taken) - len(answered) <= 3
    assert sorted(answered) == [number * 2 for number in range(20)]


def test_spread_yields_what_was_done_before_it_raises():
    done = threading.Event()

    def work(number):
        if number == 0:
            raise ValueError("first")
        done.wait(5)
        return number

    items = iter([0, 1, 2, 3, 4, 5])
    answers = spread(work, items, workers=3)
    threading.Timer(0.1, done.set).start()
    got = []
    with pytest.raises(ValueError, match="first"):
        got.extend(answers)
    assert list(items) == [3, 4, 5]
