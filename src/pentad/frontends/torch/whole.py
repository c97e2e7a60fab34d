"""Whole modules in files: torch.save(model), torch.load.

A file names classes. Known are PyTorch's layers, the program's own subclasses of Module that are
imported already, argparse.Namespace, and what `torch.serialization.add_safe_globals` was told.
Instances are made without their __init__ and given attributes that are data; nothing is imported,
nothing in the file runs.
"""

from __future__ import annotations

import argparse
import sys
from collections import OrderedDict
from types import FunctionType
from typing import Any

import pentad as pt
from pentad.static import message

_HOOKS = (
    "_backward_hooks", "_backward_pre_hooks", "_forward_hooks", "_forward_hooks_always_called",
    "_forward_hooks_with_kwargs", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs",
    "_load_state_dict_post_hooks", "_load_state_dict_pre_hooks", "_state_dict_hooks",
    "_state_dict_pre_hooks",
)
"""PyTorch's tables of hooks; files are written with empty ones, and read if they are empty."""
_FUNCTION_HOMES = ("torch.nn.functional", "torch._C._nn", "torch")
_PROJECTION = type(pt.nn.MultiheadAttention(1, 1).out_proj)
SAFE: list[Any] = []
"""What the program called safe."""


class Known:
    """The classes and functions that files of this program may name (formats.torch)."""

    def find(self, module: str, name: str) -> Any:
        """The class or function; None for one that is not known."""
        if module in _FUNCTION_HOMES or f"{module}.".startswith("torch.nn."):
            return _of_torch(module, name)
        if (module, name) == ("argparse", "Namespace"):
            return argparse.Namespace
        for safe in SAFE:
            if (safe.__module__, safe.__qualname__) == (module, name):
                return _makable(safe)
        return _makable(_loaded(module, name), pt.nn.Module)

    def finish(self, made: Any) -> None:
        """Pentad's attributes for PyTorch's."""
        if not isinstance(made, pt.nn.Module):
            return
        fields = made.__dict__
        if any(fields.pop(name, None) for name in _HOOKS):
            raise pt.FormatError(message("load: a module with hooks", got="functions",
                                         expected="a module without hooks"))
        fields.pop("_is_full_backward_hook", None)
        fields["_transient"] = set(fields.pop("_non_persistent_buffers_set", ()))
        fields["_hooks"] = {}
        fields.setdefault("training", True)
        for table in ("_parameters", "_buffers", "_modules"):
            fields[table] = dict(fields.get(table) or {})
        for kind, _, ours in _SPECIAL:
            if isinstance(made, kind):
                fields |= ours(made)

    def name_of(self, obj: Any) -> tuple[str, str] | None:
        """The name in the file of a function, or of an instance's class."""
        if isinstance(obj, FunctionType):
            same = getattr(pt.nn.functional, obj.__name__, None)
            return ("torch.nn.functional", obj.__name__) if same is obj else None
        kind = type(obj)
        if kind is argparse.Namespace:
            return "argparse", "Namespace"
        if isinstance(obj, pt.nn.Module) and getattr(pt.nn, kind.__name__, None) is kind:
            return "torch.nn", kind.__name__
        if kind is _PROJECTION:
            return "torch.nn.modules.linear", kind.__name__
        if kind in SAFE or (isinstance(obj, pt.nn.Module)
                            and _loaded(kind.__module__, kind.__qualname__) is kind):
            return kind.__module__, kind.__qualname__
        return None

    def attributes(self, obj: Any) -> dict[str, Any]:
        """What PyTorch writes of the instance."""
        fields = dict(vars(obj))
        if not isinstance(obj, pt.nn.Module):
            return fields
        if any(fields.pop("_hooks").values()):
            raise pt.ArgumentError(message(
                "save: a module with hooks", expected="a module without hooks", got="functions",
                hint="remove them, or save model.state_dict()"))
        fields["_non_persistent_buffers_set"] = fields.pop("_transient")
        fields |= {name: OrderedDict() for name in _HOOKS}
        fields["_is_full_backward_hook"] = None
        for kind, theirs, _ in _SPECIAL:
            if isinstance(obj, kind):
                fields |= theirs(obj)
        return fields


def _of_torch(module: str, name: str) -> Any:
    if module.startswith("torch.nn") and not module.startswith("torch.nn.functional"):
        found = _PROJECTION if name == _PROJECTION.__name__ else getattr(pt.nn, name, None)
        return _makable(found, pt.nn.Module)
    found = getattr(pt.nn.functional, name, None) or getattr(pt, name, None)
    return found if isinstance(found, FunctionType) and not name.startswith("_") else None


def _loaded(module: str, name: str) -> Any:
    """A class of a module that is imported already."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = None if found is None else vars(found).get(part)
    return found


def _makable(kind: Any, base: type = object) -> Any:
    """A class whose instances are made of their attributes alone; None for anything else."""
    plain = isinstance(kind, type) and issubclass(kind, base)
    return kind if plain and kind.__new__ is object.__new__ else None


# -- layers whose attributes differ ----------------------------------------------------------------


def _conv(layer: Any) -> dict[str, Any]:
    rank = len(layer.kernel_size)
    padding = layer.padding if isinstance(layer.padding, tuple) else (0,) * rank
    both = [(p, p) for p in padding]
    if layer.padding == "same":
        spans = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
        both = [(n // 2, n - n // 2) for n in spans]
    return {"transposed": "Transpose" in type(layer).__name__,
            "output_padding": getattr(layer, "output_padding", (0,) * rank),
            "_reversed_padding_repeated_twice": [n for pair in reversed(both) for n in pair]}


def _recurrent(layer: Any) -> dict[str, Any]:
    names = list(layer._parameters)
    size = len(names) // (layer.num_layers * (2 if layer.bidirectional else 1))
    return {"_all_weights": [names[i:i + size] for i in range(0, len(names), size)],
            "_flat_weights_names": names, "_flat_weights": list(layer._parameters.values())}


def _states(layer: Any) -> dict[str, Any]:
    for name in ("_all_weights", "_flat_weights_names", "_flat_weights", "_flat_weight_refs"):
        layer.__dict__.pop(name, None)
    return {"states": 2 if isinstance(layer, pt.nn.LSTM) else 1}


def _none(layer: Any) -> dict[str, Any]:
    return {}


_SPECIAL: list[tuple[type, Any, Any]] = [
    (kind, _conv, _none) for kind in (pt.nn.Conv1d, pt.nn.Conv2d, pt.nn.Conv3d,
                                      pt.nn.ConvTranspose1d, pt.nn.ConvTranspose2d,
                                      pt.nn.ConvTranspose3d)
] + [
    (kind, _recurrent, _states) for kind in (pt.nn.RNN, pt.nn.LSTM, pt.nn.GRU)
] + [
    (pt.nn.ReLU6, lambda layer: {"min_val": 0.0, "max_val": 6.0}, _none),
    (pt.nn.MultiheadAttention, lambda layer: {"_qkv_same_embed_dim": layer._one_size},
     lambda layer: {"_one_size": layer.__dict__.get("_qkv_same_embed_dim", True)}),
    (pt.nn.TransformerEncoderLayer, lambda layer: {"activation_relu_or_gelu": 0}, _none),
]
"""(class, the attributes to write besides, the attributes to read besides)."""
