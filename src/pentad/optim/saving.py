"""States of optimisers as they are saved, in PyTorch's layout, and how they are taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.functions.creation import full
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor

_EXACT = 1 << 24
"""Up to here float32 counts without gaps."""


def counter(value: float) -> Tensor:
    """A count or number of the host as PyTorch saves it: a 0-d tensor."""
    wide = get_default_dtype() is dtypes.float64 or value > _EXACT
    return full((), float(value), dtype=dtypes.float64 if wide else dtypes.float32)


def packed(optimizer: Any) -> dict[str, Any]:
    """{"state": {index: state}, "param_groups": [...]}, with indices for the parameters."""
    index: dict[int, int] = {}
    groups = []
    for group in optimizer.param_groups:
        for p in group["params"]:
            index.setdefault(id(p), len(index))
        saved = {k: v for k, v in group.items() if k != "params"}
        groups.append({**saved, "params": [index[id(p)] for p in group["params"]]})
    found: dict[Any, Any] = {}
    for p in optimizer.state:
        if not isinstance(p, Tensor):
            found[p] = optimizer.state[p]
        elif id(p) in index:
            found[index[id(p)]] = optimizer.saved_state(p)
    ordered = sorted(found, key=lambda k: (not isinstance(k, int), str(k) if not isinstance(k, int)
                                           else k))
    return {"state": {k: found[k] for k in ordered}, "param_groups": groups}


def unpack(optimizer: Any, state_dict: Mapping[str, Any]) -> None:
    """Take a saved state back; ArgumentError, and nothing changed, if it does not fit."""
    groups = _fitting_groups(optimizer, state_dict)
    places: dict[int, Tensor] = {}
    for mine, saved in zip(optimizer.param_groups, groups, strict=True):
        places.update(zip(saved["params"], mine["params"], strict=True))
    states: dict[Any, Any] = {}
    for key, own in state_dict["state"].items():
        p = places.get(int(key) if isinstance(key, str) and key.isdigit() else key)
        states[key if p is None else p] = own if p is None else optimizer.loaded_state(p, own)
    hypers = [{k: settled(v) for k, v in g.items() if k != "params"} for g in groups]
    for mine, hyper in zip(optimizer.param_groups, hypers, strict=True):
        optimizer.check({**mine, **hyper})
    for mine, hyper in zip(optimizer.param_groups, hypers, strict=True):
        for key, value in hyper.items():
            mine[key] = value
    optimizer.state = defaultdict(dict, states)
    bump_epoch()


def _fitting_groups(optimizer: Any, state_dict: Mapping[str, Any]) -> Any:
    name = type(optimizer).__name__
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
        raise ArgumentError(
            message(f"{name}.load_state_dict: no state of an optimiser",
                    expected='a dict with "state" and "param_groups"', got=_keys(state_dict),
                    hint="a model's state goes into model.load_state_dict")
        )
    groups = state_dict["param_groups"]
    own = [len(g["params"]) for g in optimizer.param_groups]
    given = [len(g["params"]) for g in groups]
    if own != given:
        raise ArgumentError(
            message(f"{name}.load_state_dict: groups do not fit",
                    expected=f"groups of {own} parameters", got=f"groups of {given}",
                    hint="build the optimiser with the groups that it had when it was saved")
        )
    return groups


def _keys(value: Any) -> str:
    if not isinstance(value, Mapping):
        return type(value).__name__
    names = [str(k) for k in value]
    return "a dict with " + ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")


def settled(value: Any) -> Any:
    """A saved hyper-parameter: what JSON made a list of is a tuple again."""
    return tuple(value) if isinstance(value, list) else value


def converted(p: Tensor, value: Any, key: Any = None) -> Any:
    """A saved value for a parameter: tensors are copied, floats among them in its type."""
    if isinstance(value, Tensor):
        copied: Any = value.detach().clone()
        kept = key == "step" or not (p.is_floating_point() or p.is_complex())
        return copied if kept else copied.to(p.dtype)
    if isinstance(value, Mapping):
        return {k: converted(p, v, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(converted(p, v) for v in value)
    return value


def require_shape(optimizer: Any, name: str, value: Any, shape: Any) -> None:
    """ArgumentError for a tensor of a state that has another shape than it must have."""
    if shape is not None and tuple(value.shape) != tuple(shape):
        raise ArgumentError(
            message(f"{type(optimizer).__name__}.load_state_dict: {name} does not fit",
                    expected=str(list(shape)), got=str(list(value.shape)))
        )
