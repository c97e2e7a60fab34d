"""What a compiled function computes of captured tensors alone, once for many calls.

Such results (packed weights, the scales of a batch norm in evaluation mode) hold as long as none
of those tensors is written to: each storage counts its writes, and knows who else has its address.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence

from pentad.runtime.memory import Storage, last_loan, lent_since, may_change_unseen


class Steady:
    """Runs `prepare` before the first call, and when one of `storages` may have changed."""

    def __init__(
        self, storages: Sequence[Storage], prepare: Callable[[Sequence[int]], None]
    ) -> None:
        self.storages = storages
        self.words = array("q", [-1] * (1 + len(storages)))
        """For native code: the loan and the versions at which nothing is to be done; -1: never."""
        self._prepare = prepare
        self._versions: list[int] | None = None
        self._loan = -1
        self._unseen = False

    def refresh(self, pointers: Sequence[int]) -> None:
        """Make sure that what was computed is right; `pointers` are those of the call."""
        loan, lent = last_loan(), False
        if loan != self._loan or self._unseen:
            lent = any(lent_since(s, self._loan) for s in self.storages)
            self._unseen = any(map(may_change_unseen, self.storages))
            self._loan = loan
        versions = [s.version for s in self.storages]
        if self._unseen or lent or versions != self._versions:
            self._prepare(pointers)
            self._versions = versions
        self.words[0] = -1
        self.words[1:] = array("q", versions)
        self.words[0] = -1 if self._unseen else loan
