"""Several requests at once, in threads: streams that are read side by side, batches that are written side by side."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")

AHEAD = 2
PATIENCE = 0.1


def side_by_side(
    sources: Mapping[KeyT, Callable[[], Iterable[ItemT]]], ahead: int = AHEAD
) -> Iterator[tuple[KeyT, ItemT]]:
    """Yield (key, item) of all sources as items come, each source in its own thread and its own order.

    A source runs at most `ahead` items ahead of the reader. The first error ends all of them and is raised here.
    """
    reading = _Reading[KeyT, ItemT](Queue(maxsize=max(1, ahead * len(sources))))
    for key, source in sources.items():
        Thread(target=reading.run, args=(key, source), daemon=True).start()
    try:
        yield from reading.items(len(sources))
    finally:
        reading.stop.set()


class _Reading(Generic[KeyT, ItemT]):
    def __init__(self, queue: Queue[tuple[KeyT, ItemT] | BaseException | None]) -> None:
        self.queue = queue
        self.stop = Event()

    def run(self, key: KeyT, source: Callable[[], Iterable[ItemT]]) -> None:
        try:
            for item in source():
                self.offer((key, item))
                if self.stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again by the reader
            self.offer(error)
        else:
            self.offer(None)

    def offer(self, item: tuple[KeyT, ItemT] | BaseException | None) -> None:
        """Wait for room in the queue, but not for a reader who has left."""
        while not self.stop.is_set():
            with suppress(Full):
                self.queue.put(item, timeout=PATIENCE)
                return

    def items(self, running: int) -> Iterator[tuple[KeyT, ItemT]]:
        while running:
            item = self.queue.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
            else:
                yield item


def spread(function: Callable[[ItemT], AnswerT], items: Iterable[ItemT], workers: int) -> Iterator[AnswerT]:
    """Yield the answers to the items as they come, at most `workers` at once.

    An item is taken only when a worker is free for it. After an error no more items are taken; the answers of those
    that were under way are yielded first, then the error is raised.
    """
    with ThreadPoolExecutor(workers) as pool:
        pending: set[Future[AnswerT]] = set()
        failed: list[BaseException] = []
        for item in items:
            pending.add(pool.submit(function, item))
            if len(pending) >= workers:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from _answers(done, failed)
            if failed:
                break
        yield from _answers(pending, failed)
    if failed:
        raise failed[0]


def _answers(futures: Iterable[Future[AnswerT]], failed: list[BaseException]) -> Iterator[AnswerT]:
    for future in futures:
        error = future.exception()
        if error is None:
            yield future.result()
        else:
            failed.append(error)
