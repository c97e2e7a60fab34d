"""Builders for loaders: one pass over a data set, whose batches nobody uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import images
from bench.loops import data_module
from bench.peers import Peer, TorchLike
from bench.programs import optional
from bench.workload import Builder, Data, Program


@dataclass(frozen=True)
class Loading:
    """A pass of a shuffling loader with the usual collation.

    dataset(peer, data) makes the data set. Workers are kept from pass to pass: what is timed is
    the making of batches, not that of processes.
    """

    dataset: Callable[[TorchLike, Data], Any]
    batch: int
    workers: int = 0

    def programs(self) -> dict[str, Builder]:
        return {"torch": self._torch}

    def _torch(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer) or peer.compiled is not (peer.lib.__name__ == "pentad"):
            return None  # nothing is compiled: Pentad's first setting, which is its reference
        loader = data_module(peer).DataLoader(
            self.dataset(peer, data), self.batch, shuffle=True, num_workers=self.workers,
            persistent_workers=self.workers > 0,
        )  # fmt: skip

        def run() -> int:
            return sum(len(y) for _, y in loader)

        def read(count: int) -> np.ndarray:
            """Numbers of another pass, which do not depend on the order."""
            sums = [(x.double().sum().item(), y.sum().item()) for x, y in loader]
            return np.array([count, *np.sum(sums, axis=0)])

        return Program(run, read)


def arrays(peer: TorchLike, data: Data) -> Any:
    """Samples in memory."""
    return data_module(peer).TensorDataset(*(peer.lib.tensor(data[k]) for k in "xy"))


def pictures(peer: TorchLike, data: Data) -> Any:
    """Image files in memory."""
    found = images.unpacked(data["files"])
    size = int(data["size"])
    return images.Images(found, data["y"], data["corners"], size, peer.lib.__name__)
