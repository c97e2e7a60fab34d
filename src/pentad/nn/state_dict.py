"""Loading a state_dict: everything is checked before the first value is written."""

from __future__ import annotations

from collections import OrderedDict
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

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
                f"unexpected_keys={self.unexpected_keys})")


# -- saving ----------------------------------------------------------------------------------------

_EXTRA = "_extra_state"


class Saved:
    """The part of modules that subclasses may define to save in their own way."""

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put the module's own entries, without its parts', into a dict."""
        own_entries(self, destination, prefix, keep_vars)

    def get_extra_state(self) -> Any:
        """What else the module saves; with set_extra_state, subclasses may define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take back what get_extra_state gave."""
        raise NotImplementedError(f"{type(self).__name__} does not define set_extra_state()")


def has_extra(module: Any) -> bool:
    """Does the module save more than tensors of its tables?"""
    return type(module).get_extra_state is not Saved.get_extra_state


def own_tensors(module: Any) -> list[tuple[str, Any]]:
    """The parameters and persistent buffers of one module by name."""
    kept = {k: v for k, v in module._buffers.items() if k not in module._transient}
    return [(k, v) for k, v in (*module._parameters.items(), *kept.items()) if v is not None]


def own_entries(module: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
    """Put the parameters, persistent buffers and extra state of one module into a dict."""
    for name, value in own_tensors(module):
        destination[prefix + name] = value if keep_vars else value.detach()
    if has_extra(module):
        destination[prefix + _EXTRA] = module.get_extra_state()


def collect(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """See Module.state_dict."""
    found = OrderedDict() if destination is None else destination
    for hook in tuple(module._hooks.get("state_pre", ())):
        hook.function(module, prefix, keep_vars)
    module._save_to_state_dict(found, prefix, keep_vars)
    for name, part in module._modules.items():
        if part is not None:
            part.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in tuple(module._hooks.get("state", ())):
        changed = hook.function(module, found, prefix, {})
        found = found if changed is None else changed
    return found


# -- loading ---------------------------------------------------------------------------------------


def load(module: Module, given: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """See Module.load_state_dict."""
    if not isinstance(given, Mapping):
        raise ArgumentError(
            message("load_state_dict: not a state_dict", expected="a mapping of names to tensors",
                    got=type(given).__name__)
        )
    given = dict(given)
    parts = list(module.named_modules(remove_duplicate=False))
    notes = _prepared(parts, given, strict)
    own = {_key(path, name): v for path, part in parts for name, v in own_tensors(part)}
    extras = {_key(path, _EXTRA): part for path, part in parts if has_extra(part)}
    names = [*own, *extras]
    missing = notes["missing"] + [k for k in names if k not in given]
    unexpected = notes["unexpected"] + [k for k in given if k not in own and k not in extras]
    values, wrong = _values(own, given)
    keys = IncompatibleKeys(missing, unexpected)
    watched = [(part, hook) for _, part in reversed(parts)
               for hook in part._hooks.get("load", ())]
    faults = wrong + notes["errors"]
    _refuse(module, names, faults, keys if strict and not watched else None, given)
    with no_grad():
        for key, value in values.items():
            _take_over(module, key, own[key], value, assign)
    for key, part in extras.items():
        if key in given:
            part.set_extra_state(given[key])
    for part, hook in watched:
        hook.function(part, keys)
    if strict and watched:  # what the hooks left of the names
        _refuse(module, names, [], keys, given)
    return keys


def _key(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _prepared(parts: Any, given: dict[str, Any], strict: bool) -> dict[str, list[str]]:
    """Let hooks change the state and lazy layers learn their sizes; what the hooks noted."""
    notes: dict[str, list[str]] = {"missing": [], "unexpected": [], "errors": []}
    for path, part in parts:
        lead = f"{path}." if path else ""
        for hook in tuple(part._hooks.get("load_pre", ())):
            first = (part,) if hook.with_kwargs else ()
            hook.function(*first, given, lead, {}, strict, *notes.values())
        learn = getattr(part, "_learn_sizes", None)
        if learn is not None:  # a lazy layer
            learn({k[len(lead):]: as_tensor(v) for k, v in given.items() if k.startswith(lead)})
    return notes


def _refuse(
    module: Module, names: Sequence[str], faults: list[str], keys: IncompatibleKeys | None,
    given: Mapping[str, Any],
) -> None:
    """StateError if there are faults, or (where keys are given) names that are not in both."""
    missing, unexpected = keys if keys is not None else ([], [])
    other = [f"Missing key(s) in state_dict: {_listed(missing)}"] if missing else []
    if unexpected:
        other.append(f"Unexpected key(s) in state_dict: {_listed(unexpected)}")
    if other or faults:
        raise StateError(
            message(
                f"Error(s) in loading state_dict for {type(module).__name__}",
                expected=f"{len(names)} entries with the names and shapes of the module's own",
                got="\n            ".join(other + faults), hint=_hint(missing, unexpected, given),
            )
        )


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
