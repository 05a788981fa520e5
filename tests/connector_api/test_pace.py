"""The limiter by a clock of its own: never over a limit, wherever the CRM's window begins, and hardly below it."""

from __future__ import annotations

import random
import threading
import time
from bisect import bisect_left
from math import ceil

import pytest

from crm_ext.connector_api import Pace, pace


class Clock:
    """Time that passes only when somebody waits; stands in for the module `time` and for the limiter's condition."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def wait(self, seconds):
        assert seconds is not None, "waits for an answer although no request is under way"
        self.now += seconds

    def notify_all(self):
        pass

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    monkeypatch.setattr(pace, "Condition", lambda: made)
    return made


def most_in(arrivals, seconds):
    """The largest number of arrivals in any window of this length."""
    return max(at - bisect_left(arrivals, each - seconds + 1e-9) + 1 for at, each in enumerate(arrivals))


@pytest.mark.parametrize("rates", [((100, 10.0),), ((190, 10.0),), ((5, 1.0),), ((110, 10.0), (8, 0.5))])
@pytest.mark.parametrize("latency", [0.001, 0.03, 0.2])
def test_no_window_holds_too_many_and_the_limit_is_used(clock, rates, latency):
    """However long a request is on its way, and wherever on its way the CRM counts it."""
    chance = random.Random(4)
    kept, arrivals, began = Pace(rates), [], clock.now
    number = 1500
    for _ in range(number):
        with kept:
            on_the_way = chance.uniform(0, latency)
            arrivals.append(clock.now + on_the_way)
            clock.now += latency
    for count, seconds in rates:
        assert most_in(arrivals, seconds) <= count
    if len(rates) > 1:
        return
    count, seconds = rates[0]
    dictated = (ceil(number / count) - 1) * seconds
    took, alone = clock.now - began, number * latency
    print(f"{rates}, {latency} s a request: {took:.1f} s; the limit dictates {dictated:.1f} s, one line {alone:.1f} s")
    assert took <= max(dictated, alone) + (ceil(number / count) + count) * latency
    if latency <= 0.1 * seconds:
        assert took <= 1.1 * max(dictated, alone)


def test_threads_share_one_limit():
    """By the real clock: what is on its way counts, so that no two threads slip through together."""
    kept, arrivals, guard = Pace(((20, 0.4),)), [], threading.Lock()

    def work(seed):
        chance = random.Random(seed)
        for _ in range(10):
            with kept:
                time.sleep(chance.uniform(0, 0.01))
                with guard:
                    arrivals.append(time.monotonic())
                time.sleep(chance.uniform(0, 0.01))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(arrivals) == 80
    assert most_in(sorted(arrivals), 0.4) <= 20


def test_a_larger_allowance_lets_those_who_wait_go_on():
    kept = Pace(((1, 3600.0),))
    with kept:
        pass
    passed = threading.Event()

    def work():
        with kept:
            passed.set()

    waiting = threading.Thread(target=work, daemon=True)
    waiting.start()
    assert not passed.wait(0.2)
    kept.keep(((2, 3600.0),))
    assert passed.wait(30)


def test_without_rates_nobody_waits(clock):
    kept = Pace(())
    for _ in range(1000):
        with kept:
            pass
    assert clock.now == 1000.0


@pytest.mark.parametrize("latency", [0.0, 0.05, 0.5])
def test_what_others_used_is_waited_for_and_nothing_is_made_up(clock, latency):
    """Another program has used 60 of 100 just before; the CRM counts what arrived in the last ten seconds."""
    chance = random.Random(2)
    kept, arrivals, began = Pace(((100, 10.0),)), [clock.now - 1] * 60, clock.now
    for _ in range(1000):
        with kept:
            left = clock.now
            at = left + chance.uniform(0, latency)
            arrivals.append(at)
            clock.now += latency
        kept.told(100 - sum(0 <= at - each < 10 for each in arrivals), clock.now - left)
    assert most_in(sorted(arrivals), 10.0) <= 100
    windows = ceil(1060 / 100) - 1
    assert clock.now - began <= max(windows * 10.0 + 2 * windows * latency + 1, 1000 * latency) * 1.05
