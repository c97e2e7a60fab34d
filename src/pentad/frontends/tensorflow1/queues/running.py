"""A queue of one session: elements that threads put in and take out."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1 import errors

Element = list[Any]


class Running:
    """Elements in the order in which they came; waits where there is no room or too few."""

    def __init__(
        self, kind: str, name: str, capacity: int, least: int = 0, seed: Any = None
    ) -> None:
        self.kind, self.name = kind, name
        self.capacity = capacity if capacity > 0 else 1 << 60
        self.least = least
        self.elements: list[Any] = []
        self.changed = threading.Condition()
        self.closed = self.cancelled = False
        self.random = np.random.RandomState(seed)
        self.order = itertools.count()

    def _closed(self, wanted: int) -> Exception:
        return errors.OutOfRangeError(None, None, static.message(
            f"{self.kind} '{self.name}' is closed and has insufficient elements (requested "
            f"{wanted}, current size {len(self.elements)})"))

    def put(self, rows: Sequence[Element]) -> None:
        """Put elements in, one after the other."""
        with self.changed:
            for row in rows:
                while not self.closed and len(self.elements) >= self.capacity:
                    self.changed.wait()
                if self.closed:
                    what = "Enqueue operation was cancelled" if self.cancelled else (
                        f"{self.kind} '{self.name}' is closed.")
                    raise errors.CancelledError(None, None, static.message(what))
                self._add(row)
                self.changed.notify_all()

    def _add(self, row: Element) -> None:
        if self.kind == "PriorityQueue":
            heapq.heappush(self.elements, (int(row[0]), next(self.order), row))
        else:
            self.elements.append(row)

    def take(self, count: int, fewer: bool = False) -> list[Element]:
        """Take so many elements out; fewer at the end, if that is allowed."""
        found: list[Element] = []
        with self.changed:
            while len(found) < count:
                left = count - len(found) if self.kind == "RandomShuffleQueue" else 1
                ready = len(self.elements) - self.least >= left
                if self.closed:
                    # What is left goes out; an incomplete batch only where that is allowed.
                    if len(self.elements) < count - len(found) and not (
                            fewer and (found or self.elements)):
                        for row in reversed(found):
                            self._back(row)
                        raise self._closed(count)
                    if not self.elements:
                        break
                elif not ready:
                    self.changed.wait()
                    continue
                found.append(self._next())
                self.changed.notify_all()
        return found

    def _back(self, row: Element) -> None:
        if self.kind == "PriorityQueue":
            self._add(row)
        else:
            self.elements.insert(0, row)

    def _next(self) -> Element:
        if self.kind == "PriorityQueue":
            return heapq.heappop(self.elements)[2]
        if self.kind == "RandomShuffleQueue":
            i, last = self.random.randint(len(self.elements)), len(self.elements) - 1
            self.elements[i], self.elements[last] = self.elements[last], self.elements[i]
            return self.elements.pop()
        return self.elements.pop(0)

    def close(self, cancel: bool = False) -> None:
        """Take nothing more; those that wait for room are sent away if `cancel`."""
        with self.changed:
            self.closed, self.cancelled = True, cancel
            self.changed.notify_all()
