"""Keeping a CRM's rate limits from our side, so that no request has to be refused for being early."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from threading import Condition
from types import TracebackType

Rates = tuple[tuple[int, float], ...]
"""Pairs of (requests, seconds)."""


class Pace:
    """Lets requests pass, one `with` block each, as fast as every rate allows; threads share it.

    A request counts from when it leaves until `seconds` after its answer came. The CRM counted it somewhere between,
    so that no delay on the way can bring too many into one of its windows. What others use of the same allowance
    counts as well, where the CRM tells what is left of it. `lane` names what it counts apart.
    """

    def __init__(self, rates: Rates, lane: str = "") -> None:
        self.lane = lane
        self._rates = rates
        self._answered: deque[float] = deque()
        self._under_way = 0
        self._changed = Condition()

    @property
    def rates(self) -> Rates:
        return self._rates

    def keep(self, rates: Rates) -> None:
        """Keep other rates from now on."""
        with self._changed:
            self._rates = rates
            self._changed.notify_all()

    def told(self, left: int, took: float) -> None:
        """What the CRM says is left of the first rate, in an answer that took so many seconds.

        Requests that are neither ours under way nor ours of late were sent by others, and are kept like ours.
        """
        with self._changed:
            count, seconds = self._rates[0]
            now = time.monotonic()
            known = self._under_way + sum(now - at < seconds + took for at in self._answered)
            self._answered.extend([now] * max(0, count - left - known))

    def __enter__(self) -> None:
        with self._changed:
            while self._rates and (pause := self._pause(time.monotonic())) != 0:
                self._changed.wait(pause)
            self._under_way += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            self._under_way -= 1
            self._answered.append(time.monotonic())
            self._changed.notify_all()

    def _pause(self, now: float) -> float | None:
        """Seconds to wait, 0 for none; None until an answer comes."""
        longest = max(seconds for _, seconds in self._rates)
        while self._answered and now - self._answered[0] >= 2 * longest:
            self._answered.popleft()
        pauses = [self._pause_for(count, seconds, now) for count, seconds in self._rates]
        return None if None in pauses else max(pause for pause in pauses if pause is not None)

    def _pause_for(self, count: int, seconds: float, now: float) -> float | None:
        recent: Sequence[float] = [at for at in self._answered if now - at < seconds]
        excess = self._under_way + len(recent) - count
        if excess < 0:
            return 0
        return recent[excess] + seconds - now if excess < len(recent) else None
