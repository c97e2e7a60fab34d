"""One pass over workers: asks ahead, answers in order, leaves out those that are at an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Rotation:
    """Batch i of a pass is made by worker i modulo their number.

    orders: the number and the indices of each batch, None for a stream, whose batches are counted.
    ahead: how many batches each worker is asked for at once. in_order=False:
    batches as they come, the next one asked of whoever is done. Gives (worker, number, batch).
    """

    def __init__(
        self, workers: Any, orders: Iterator[Any] | None, seed: int, ahead: int,
        in_order: bool,
    ) -> None:
        self.workers, self.orders = workers, orders
        self.seed, self.number, self.ahead = seed, 0, ahead
        self.in_order, self.turn = in_order, 0
        self.ended: set[int] = set()
        self.started: set[int] = set()
        self.asked: list[tuple[int, int]] = []  # worker, number

    def _ask(self, worker: int | None = None) -> bool:
        """Ask a worker, or the one whose turn it is, for the next batch; False if none is left."""
        count = self.workers.count
        if len(self.ended) == count:
            return False
        if worker is None:
            while self.turn in self.ended:
                self.turn = (self.turn + 1) % count
            worker = self.turn
            self.turn = (worker + 1) % count
        number, indices = self.number, None
        if self.orders is not None:
            try:
                number, indices = next(self.orders)
            except StopIteration:
                return False
        self.workers.ask(worker, (worker not in self.started, indices, self.seed, number))
        self.started.add(worker)
        self.asked.append((worker, number))
        self.number = number + 1
        return True

    def _next(self) -> tuple[int, int]:
        """Whose answer to take now, and to which batch."""
        if self.in_order:
            return self.asked.pop(0)
        ready: int = self.workers.first_ready([worker for worker, _ in self.asked])
        at = next(i for i, (worker, _) in enumerate(self.asked) if worker == ready)
        return self.asked.pop(at)

    def __iter__(self) -> Iterator[tuple[int, int, Any]]:
        for _ in range(self.ahead * self.workers.count):
            if not self._ask():
                break
        over = False
        while self.asked:
            worker, number = self._next()
            more, batch = self.workers.answer(worker)
            if over:
                continue
            if more:
                self._ask(None if self.in_order else worker)
                yield worker, number, batch
            else:
                self.ended.add(worker)
                # An element that raised StopIteration ends the pass, as it does without workers;
                # what was asked for besides is taken, for workers may serve another pass.
                over = self.orders is not None
