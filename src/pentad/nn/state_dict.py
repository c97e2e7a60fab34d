"""Loading a state_dict: everything is checked before the first value is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.functions.creation import as_tensor
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor

if TYPE_CHECKING:
    from pentad.nn.module import Module

_SHOWN = 8


class StateError(ArgumentError, RuntimeError):
    """A state_dict that does not fit its module; programs for PyTorch catch RuntimeError."""


class IncompatibleKeys(NamedTuple):
    """The keys that a module has and the state_dict lacks, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load(module: Module, given: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """See Module.load_state_dict."""
    if not isinstance(given, Mapping):
        raise ArgumentError(
            message("load_state_dict: not a state_dict", expected="a mapping of names to tensors",
                    got=type(given).__name__)
        )
    for path, part in list(module.named_modules()):
        learn = getattr(part, "_learn_sizes", None)
        if learn is not None:  # a lazy layer
            lead = f"{path}." if path else ""
            learn({k[len(lead):]: as_tensor(v) for k, v in given.items() if k.startswith(lead)})
    own: dict[str, Tensor] = dict(module.state_dict(keep_vars=True))
    missing = [k for k in own if k not in given]
    unexpected = [k for k in given if k not in own]
    values, wrong = _values(own, given)
    faults = []
    if strict and missing:
        faults.append(f"Missing key(s) in state_dict: {_listed(missing)}")
    if strict and unexpected:
        faults.append(f"Unexpected key(s) in state_dict: {_listed(unexpected)}")
    faults += wrong
    if faults:
        raise StateError(
            message(
                f"Error(s) in loading state_dict for {type(module).__name__}",
                expected=f"{len(own)} entries with the names and shapes of the module's own",
                got="\n            ".join(faults), hint=_hint(missing, unexpected, given),
            )
        )
    with no_grad():
        for key, value in values.items():
            _take_over(module, key, own[key], value, assign)
    return IncompatibleKeys(missing, unexpected)


def _values(
    own: Mapping[str, Tensor], given: Mapping[str, Any]
) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors for the module's entries, and what is wrong with them."""
    values: dict[str, Tensor] = {}
    faults = []
    for key, mine in own.items():
        if key not in given:
            continue
        try:
            values[key] = as_tensor(given[key])
        except (DTypeError, ArgumentError):
            faults.append(f"{key}: a tensor is expected, not {type(given[key]).__name__}")
            continue
        if values[key].shape != mine.shape:
            faults.append(
                f"size mismatch for {key}: copying a param with shape {list(values[key].shape)} "
                f"from checkpoint, the shape in current model is {list(mine.shape)}.")
    if len(faults) > _SHOWN:
        faults[_SHOWN:] = [f"and {len(faults) - _SHOWN} more such entries"]
    return values, faults


def _listed(names: Sequence[Any]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f'"{name}"' for name in names[:_SHOWN]) + more + "."


def _hint(missing: Sequence[str], unexpected: Sequence[Any], given: Mapping[str, Any]) -> str:
    """What most often went wrong: a prefix too many, or a state_dict within the mapping."""
    inner = [k for k, v in given.items() if isinstance(v, Mapping) and missing and missing[0] in v]
    if inner:
        return f"the weights are one entry of a checkpoint: load_state_dict(state[{inner[0]!r}])"
    if missing and unexpected:
        long, short = str(unexpected[0]), missing[0]
        if long.endswith("." + short):
            lead = long[:-len(short)]
            return (f"its names begin with {lead!r}: pass "
                    f"{{k.removeprefix({lead!r}): v for k, v in state.items()}}")
        if short.endswith("." + long):
            lead = short[:-len(long)]
            return f"its names lack {lead!r}: pass {{{lead!r} + k: v for k, v in state.items()}}"
    return ("build the module with the sizes it was saved with, or pass strict=False to leave "
            "names out")


def _take_over(module: Module, key: str, own: Tensor, value: Tensor, assign: bool) -> None:
    if not assign:
        own.copy_(value)  # type: ignore[attr-defined]
        return
    path, _, name = key.rpartition(".")
    owner = module.get_submodule(path)
    if name in owner._parameters:
        own.data = value.detach()  # type: ignore[attr-defined]
        bump_epoch()
    else:
        owner._buffers[name] = value
        bump_epoch()
