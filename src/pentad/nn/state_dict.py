"""Loading a state_dict: everything is checked before the first value is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.functions.creation import as_tensor
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor

if TYPE_CHECKING:
    from pentad.nn.module import Module

_SHOWN = 8


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
    values = {k: as_tensor(given[k]) for k in own if k in given}
    faults = _mismatches(own, values)
    if strict:
        faults += [f"missing: {_listed(missing)}"] if missing else []
        faults += [f"unexpected: {_listed(unexpected)}"] if unexpected else []
    if faults:
        raise ArgumentError(
            message(
                f"load_state_dict: the state does not fit {type(module).__name__}",
                expected=f"{len(own)} entries with the names and shapes of the module's own",
                got="\n            ".join(faults),
                hint="build the module with the sizes it was saved with, or pass strict=False "
                "to leave names out",
            )
        )
    with no_grad():
        for key, value in values.items():
            _take_over(module, key, own[key], value, assign)
    return IncompatibleKeys(missing, unexpected)


def _mismatches(own: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> list[str]:
    wrong = [k for k, v in values.items() if v.shape != own[k].shape]
    return [
        f"size mismatch for {k}: {list(values[k].shape)} instead of {list(own[k].shape)}"
        for k in wrong[:_SHOWN]
    ] + ([f"and {len(wrong) - _SHOWN} more of another size"] if len(wrong) > _SHOWN else [])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


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
