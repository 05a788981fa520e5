"""A set of record ids that stays small: ids in a CRM come in long rows without gaps, and are kept as such."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator


class Ids:
    """Ids as runs; `str` gives "1-3,7" for {1, 2, 3, 7}, and the constructor takes it."""

    def __init__(self, runs: str = "") -> None:
        pairs = [each.partition("-") for each in runs.split(",") if each]
        self.firsts = [int(first) for first, _, _ in pairs]
        self.lasts = [int(last or first) for first, _, last in pairs]
        self._count = sum(last - first + 1 for first, last in zip(self.firsts, self.lasts, strict=True))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, id_: int) -> bool:
        at = bisect_right(self.firsts, id_) - 1
        return at >= 0 and id_ <= self.lasts[at]

    def __iter__(self) -> Iterator[int]:
        for first, last in zip(self.firsts, self.lasts, strict=True):
            yield from range(first, last + 1)

    def __str__(self) -> str:
        pairs = zip(self.firsts, self.lasts, strict=True)
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in pairs)

    def update(self, ids: Iterable[int]) -> None:
        for each in ids:
            self.add(each)

    def add(self, id_: int) -> None:
        if id_ in self:
            return
        self._count += 1
        at = bisect_right(self.firsts, id_)
        before = at > 0 and self.lasts[at - 1] == id_ - 1
        after = at < len(self.firsts) and self.firsts[at] == id_ + 1
        if before and after:
            self.lasts[at - 1] = self.lasts.pop(at)
            self.firsts.pop(at)
        elif before:
            self.lasts[at - 1] = id_
        elif after:
            self.firsts[at] = id_
        else:
            self.firsts.insert(at, id_)
            self.lasts.insert(at, id_)

    def discard(self, id_: int) -> None:
        if id_ not in self:
            return
        self._count -= 1
        at = bisect_right(self.firsts, id_) - 1
        first, last = self.firsts[at], self.lasts[at]
        pieces = [(a, b) for a, b in ((first, id_ - 1), (id_ + 1, last)) if a <= b]
        self.firsts[at : at + 1] = [a for a, _ in pieces]
        self.lasts[at : at + 1] = [b for _, b in pieces]
