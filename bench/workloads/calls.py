"""What the call of a compiled function costs, by its number of parameters of 8 elements each."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bench.peers import Jax, Peer, TorchLike
from bench.programs import optional
from bench.workload import Data, Program, Workload

COUNTS = (1, 10, 100)


def _data(rng: np.random.Generator, count: int) -> Data:
    return {f"p{i}": rng.standard_normal(8).astype(np.float32) for i in range(count)}


def _torch(peer: Peer, data: Data) -> Program | None:
    assert isinstance(peer, TorchLike)
    if optional(peer) or not peer.compiled:
        return None
    parameters = [peer.tensor(array) for array in data.values()]
    return Program(partial(peer.compile(_total), *parameters), peer.read)


def _jax(peer: Peer, data: Data) -> Program | None:
    assert isinstance(peer, Jax)
    if not peer.compiled:
        return None
    parameters = [peer.tensor(array) for array in data.values()]
    run = partial(peer.compile(_total), *parameters)
    return Program(lambda: run().block_until_ready(), peer.read)


def _total(*parameters: Any) -> Any:
    total = parameters[0] * 2.0
    for p in parameters[1:]:
        total = total + p
    return total


WORKLOADS = tuple(
    Workload(f"call with {count} parameter{'s' * (count > 1)}", "calls",
             partial(_data, count=count), {"torch": _torch, "jax": _jax})
    for count in COUNTS
)  # fmt: skip
