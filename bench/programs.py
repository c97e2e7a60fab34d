"""Builders that several workloads share: a function of arrays, and an eager operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from bench.peers import Jax, Peer, Torch, TorchLike
from bench.workload import Builder, Data, Program


def optional(
    peer: Peer, *, optimiser: bool = False, images: bool = False, inference: bool = False
) -> bool:
    """Does a setting of this peer have no meaning for a program without such parts?"""
    if not isinstance(peer, TorchLike):
        return False
    if isinstance(peer, Torch) and peer.freezing and not inference:
        return True
    if peer.channels_last and not images:
        return True
    if (peer.optimiser or peer.whole) and not optimiser:
        return True
    return peer.fused and not (optimiser or peer.compiled or peer.channels_last)


def function(
    torch: Callable[..., Any],
    jax: Callable[..., Any] | None = None,
    *,
    gradients: Sequence[str] = (),
    jax_arrays: Callable[[str, np.ndarray], np.ndarray] | None = None,
    jax_result: Callable[[int, np.ndarray], np.ndarray] | None = None,
    images: bool = False,
    torch_compile: bool = True,
) -> dict[str, Builder]:
    """The programs of a function of arrays.

    torch(lib, *tensors) and jax(module, *arrays) compute it. Operands in `gradients` require a
    gradient. jax_arrays(name, array) brings an operand into the layout that suits JAX, and
    jax_result(number, array) a result back. torch_compile: whether it is worth its while.
    """

    def of_torch(peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer, images=images):
            return None
        if isinstance(peer, Torch) and peer.compiled and not torch_compile:
            return None
        tensors = [peer.tensor(array) for array in data.values()]
        for name, tensor in zip(data, tensors, strict=True):
            if name in gradients:
                tensor.requires_grad_()
        run = peer.compile(lambda *operands: torch(peer.lib, *operands))
        return Program(partial(run, *tensors), peer.read)

    def of_jax(peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, Jax)
        if not peer.compiled:
            return None
        place = jax_arrays or (lambda _, array: array)
        arrays = [peer.tensor(place(name, array)) for name, array in data.items()]
        run = peer.compile(partial(jax, peer.lib))  # type: ignore[arg-type]
        return Program(lambda: peer.lib.block_until_ready(run(*arrays)), partial(_read, peer))

    def _read(peer: Jax, result: Any) -> np.ndarray:
        if jax_result is None:
            return peer.read(result)
        leaves = peer.lib.tree_util.tree_leaves(result)
        return np.concatenate([
            np.ravel(jax_result(i, np.asarray(leaf))) for i, leaf in enumerate(leaves)
        ])

    return {"torch": of_torch, "jax": of_jax} if jax else {"torch": of_torch}


def eager(
    torch: Callable[..., Any], jax: Callable[..., Any] | None = None, *, recorded: bool = False
) -> dict[str, Builder]:
    """The programs of a function that every peer runs operation by operation.

    recorded: the operands require a gradient.
    """

    def of_torch(peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if peer.compiled or peer.fused or peer.channels_last:
            return None
        tensors = [peer.tensor(array) for array in data.values()]
        if recorded:
            for tensor in tensors:
                tensor.requires_grad_()
        return Program(partial(torch, *tensors), peer.read)

    def of_jax(peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, Jax)
        if peer.compiled:
            return None
        arrays = [peer.tensor(array) for array in data.values()]
        assert jax is not None
        return Program(lambda: jax(*arrays).block_until_ready(), peer.read)

    return {"torch": of_torch, "jax": of_jax} if jax else {"torch": of_torch}
