"""An optimiser's update alone: Adam on one parameter of n elements."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bench.optimisers import jax_adam
from bench.peers import Jax, Peer, TorchLike
from bench.programs import optional
from bench.workload import Data, Program, Workload

COUNTS = (50_000, 1_000_000, 20_000_000)
_IN_MEMORY = 10_000_000  # so many are too large for caches
_SHOWN = 1000  # elements that are compared
_STREAMS = 7  # read weight, gradient and two moments; write all but the gradient


def _data(rng: np.random.Generator, count: int) -> Data:
    return {name: rng.standard_normal(count).astype(np.float32) for name in ("weight", "grad")}


def _torch(peer: Peer, data: Data) -> Program | None:
    assert isinstance(peer, TorchLike)
    if optional(peer, optimiser=True) or peer.whole:
        return None
    if peer.compiled and peer.family.startswith("torch") and not peer.optimiser:
        return None  # compiled with a fused optimiser: nothing is left to compile
    weight = peer.tensor(data["weight"]).requires_grad_()
    weight.grad = peer.tensor(data["grad"])
    fused = {"fused": True} if peer.fused else {}
    opt = peer.lib.optim.Adam([weight], lr=1e-3, **fused)
    update = peer.compile(lambda: opt.step())

    def step() -> Any:
        update()
        return weight

    return Program(step, lambda result: peer.read(result)[:_SHOWN])


def _jax(peer: Peer, data: Data) -> Program | None:
    assert isinstance(peer, Jax)
    if not peer.compiled:
        return None
    weight, grad = peer.tensor(data["weight"]), peer.tensor(data["grad"])
    update, state = jax_adam(peer.lib, weight, 1e-3)
    compiled = peer.compile(update, donate_argnums=(0, 2))
    held = [weight, state]

    def step() -> Any:
        held[:] = compiled(held[0], grad, held[1])
        return held[0].block_until_ready()

    return Program(step, lambda result: peer.read(result)[:_SHOWN])


WORKLOADS = tuple(
    Workload(
        f"Adam {count:,}", "optimiser", partial(_data, count=count), {"torch": _torch, "jax": _jax},
        moved=4.0 * _STREAMS * count, checks=3, peak=count > _IN_MEMORY,
    )
    for count in COUNTS
)  # fmt: skip
