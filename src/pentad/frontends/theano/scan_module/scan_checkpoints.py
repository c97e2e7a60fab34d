"""A scan of which only every n-th result is kept."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.scan_module.scan import scan
from pentad.frontends.theano.tensor.creation import arange
from pentad.frontends.theano.tensor.elemwise import minimum


def scan_checkpoints(
    fn: Any, sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None,
    name: str = "checkpointscan_fn", n_steps: Any = None, save_every_N: int = 10,
    padding: bool = True,
) -> Any:
    """`scan`, but only the results of every `save_every_N`-th step and of the last one."""
    if save_every_N <= 0:
        raise ValueError(
            static.message("save_every_N must be positive", expected="1 or more",
                           got=str(save_every_N))
        )
    found, updates = scan(fn, sequences or [], outputs_info, non_sequences, n_steps,
                          name=name, return_list=True)
    count = found[0].shape[0]
    rounds = (count + save_every_N - 1) // save_every_N if padding else count // save_every_N
    places = minimum((arange(rounds) + 1) * save_every_N - 1, count - 1)
    kept = [x[places] for x in found]
    return (kept[0] if len(kept) == 1 else kept), updates


__all__ = ["scan_checkpoints"]
