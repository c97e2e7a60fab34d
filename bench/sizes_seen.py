"""Prints how often a peer compiles while the batch goes through 1 to 256, for bench.startup."""

from __future__ import annotations

import os
import sys
import warnings

import numpy as np

from bench.peers import PEERS, Jax, Peer, TorchLike

LARGEST = 256


def main(peer_name: str) -> None:
    warnings.simplefilter("ignore")
    [peer] = [p for p in PEERS if p.name == peer_name]
    peer.start(len(os.sched_getaffinity(0)))
    print(compiles(peer))


def compiles(peer: Peer, largest: int = LARGEST) -> int:
    """The number of programs that a layer with ReLU needs for every batch size."""
    rng = np.random.default_rng(0)
    weight = peer.tensor(rng.standard_normal((32, 16)).astype(np.float32))
    batches = [rng.standard_normal((n, 32)).astype(np.float32) for n in range(1, largest + 1)]
    if isinstance(peer, Jax):
        run = peer.compile(lambda x, w: peer.lib.nn.relu(x @ w).sum())
        for batch in batches:
            run(peer.tensor(batch), weight).block_until_ready()
        return int(run._cache_size())  # type: ignore[attr-defined]
    assert isinstance(peer, TorchLike)
    lib = peer.lib
    run = lib.compile(lambda x, w: lib.relu(x @ w).sum())  # sizes as it likes them by default
    for batch in batches:
        run(peer.tensor(batch), weight)
    if lib.__name__ == "pentad":
        return int(max(run.traces, run.compiles))
    return int(lib._dynamo.utils.counters["stats"]["unique_graphs"])


if __name__ == "__main__":
    main(*sys.argv[1:])
