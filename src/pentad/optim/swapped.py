"""Other parameters and another state in an optimiser for a while (torch.optim)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.optimizer import Optimizer
from pentad.optim.saving import settled
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.tensor import Tensor


def _refused(expected: str, got: str) -> ArgumentError:
    return ArgumentError(message("swap_in_optimizer_params_and_state", expected=expected, got=got))


def _require_fitting(
    optimizer: Optimizer, parameters: Mapping[str, Tensor], given: Mapping[str, Any]
) -> None:
    groups = given.get("param_groups") if isinstance(given, Mapping) else None
    if not isinstance(groups, list) or not isinstance(given.get("state"), Mapping):
        raise _refused("what optimizer.state_dict() gives", type(given).__name__)
    own = [len(g["params"]) for g in optimizer.param_groups]
    found = [len(g["params"]) for g in groups]
    if own != found or sum(own) != len(parameters):
        raise _refused(f"groups of {own} parameters", f"groups of {found}, {len(parameters)} given")
    for mine, other in zip(optimizer.param_groups, groups, strict=True):
        if set(mine) != set(other):
            raise _refused(", ".join(sorted(mine)), ", ".join(sorted(other)))
    known = {index for g in groups for index in g["params"]}
    if not set(given["state"]) <= known:
        raise _refused(f"states of {sorted(known)}", str(list(given["state"])))


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: Mapping[str, Tensor],
    swapin_optim_state: Mapping[str, Any],
) -> Iterator[None]:
    """Within it the optimiser has other parameters (in its order), their state and groups.

    The state is in the form of optimizer.state_dict(); what is written to its tensors stays there,
    counters of steps too. ArgumentError if something does not fit.
    """
    _require_fitting(optimizer, swapin_parameters, swapin_optim_state)
    before, groups = optimizer.state, [dict(g) for g in optimizer.param_groups]
    members = iter(swapin_parameters.values())
    states: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
    saved: list[tuple[Any, Any]] = []
    try:
        for mine, other in zip(
            optimizer.param_groups, swapin_optim_state["param_groups"], strict=True
        ):
            params = [next(members) for _ in other["params"]]
            mine.update({k: settled(v) for k, v in other.items()}, params=params)
            for p, index in zip(params, other["params"], strict=True):
                own = swapin_optim_state["state"].get(index, {})
                states[p] = _as_held(optimizer, own)
                saved.append((states[p], own))
        optimizer.state = states
        bump_epoch()
        yield
    finally:
        for mine, old in zip(optimizer.param_groups, groups, strict=True):
            mine.clear()
            mine.update(old)
        optimizer.state = before
        for held, own in saved:
            _give_back(optimizer, held, own)
        bump_epoch()


def _as_held(optimizer: Optimizer, own: Mapping[str, Any]) -> dict[str, Any]:
    """A saved state whose tensors stay the same ones; counters are numbers again."""
    counters = getattr(optimizer, "counters", ())
    held = dict(own)
    for name in counters:
        if isinstance(held.get(name), Tensor):
            value = held[name].item()
            held[name] = int(value) if name == "step" else value
    return held


def _give_back(optimizer: Optimizer, held: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Write the counters that are numbers here to the tensors that they came from."""
    for name in getattr(optimizer, "counters", ()):
        if isinstance(own.get(name), Tensor) and not isinstance(held[name], Tensor):
            own[name].fill_(held[name])
