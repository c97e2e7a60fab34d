"""Arguments and results on their way between PyTorch and Pentad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import pentad as pt
from parity.names import Missing, find

DROPPED = {"layout": "torch.strided", "memory_format": None, "pin_memory": False}
"""Options that say how PyTorch stores a result, at values that ask for nothing else."""


class Translation:
    """From PyTorch's arguments to Pentad's. `leaves` collects the tensors that need gradients."""

    def __init__(self, torch: Any, grad: bool = False) -> None:
        self.torch, self.grad = torch, grad
        self.leaves: list[Any] = []
        self.theirs: list[Any] = []

    def __call__(self, value: Any) -> Any:
        torch = self.torch
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, torch.dtype):
            return dtype_of(value)
        if isinstance(value, torch.device):
            return str(value)
        if isinstance(value, torch.memory_format):
            return find(str(value).removeprefix("torch."))
        if isinstance(value, (list, tuple)):
            items = [self(v) for v in value]
            plain = type(value) in (list, tuple)
            return type(value)(items) if plain else tuple(items)
        if isinstance(value, torch.nn.Module):
            return find(f"nn.{type(value).__name__}")()
        if isinstance(value, Mapping):
            return {k: self(v) for k, v in value.items()}
        return value

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments, without those that only repeat what is always so."""
        kept = {}
        for name, value in given.items():
            if name in DROPPED and (str(value) == DROPPED[name] or not value):
                continue
            if name == "memory_format" and "preserve" in str(value):
                continue
            kept[name] = self(value)
        return kept

    def _tensor(self, value: Any) -> Any:
        made = to_pentad(value)
        if self.grad and value.requires_grad:
            made.requires_grad_()
            self.leaves.append(made)
            self.theirs.append(value)
        return made


def dtype_of(dtype: Any) -> Any:
    """Pentad's dtype of the same name; Missing if there is none."""
    name = str(dtype).removeprefix("torch.")
    found = getattr(pt, name, None)
    if found is None:
        raise Missing(f"dtype {name}")
    return found


def to_pentad(value: Any) -> Any:
    """A copy of a PyTorch tensor, contiguous or with the same gaps."""
    dtype = dtype_of(value.dtype)
    plain = value.detach().resolve_conj().resolve_neg()
    if str(value.dtype) == "torch.bfloat16":
        return pt.tensor(plain.float().numpy()).to(dtype)
    return pt.tensor(plain.numpy().copy())


def leaves_of(result: Any) -> list[Any]:
    """The members of a result that may be nested."""
    if isinstance(result, Mapping):
        result = list(result.values())
    if isinstance(result, tuple) and all(isinstance(n, int) for n in result):
        return [tuple(result)]  # sizes
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in leaves_of(part)]
    return [result]


def as_array(leaf: Any) -> np.ndarray | None:
    """The values of a tensor of either side (bfloat16 as float32), None for other things."""
    if isinstance(leaf, pt.Tensor):
        return np.asarray(leaf.detach().numpy(force=True))
    if type(leaf).__module__.startswith("torch") and hasattr(leaf, "detach"):
        plain = leaf.detach().resolve_conj().resolve_neg()
        wide = plain.float() if "bfloat16" in str(plain.dtype) else plain
        return np.asarray(wide.numpy(force=True))
    return None


def dtype_name(leaf: Any) -> str:
    """The name of a tensor's dtype, the same for both sides."""
    return str(getattr(leaf.dtype, "name", None) or str(leaf.dtype).removeprefix("torch."))
