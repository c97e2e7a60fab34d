"""Functions that make tensors: with PyTorch's arguments about memory, which change nothing here."""

from __future__ import annotations

import functools
from typing import Any

import pentad as pt
from pentad.static import message

_NAMES = (
    "arange", "empty", "empty_like", "eye", "full", "full_like", "linspace", "logspace", "ones",
    "ones_like", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm",
    "tensor", "zeros", "zeros_like",
)


def _factory(name: str) -> Any:
    own = getattr(pt, name)

    @functools.wraps(own)
    def make(
        *args: Any, layout: Any = None, pin_memory: bool = False, memory_format: Any = None,
        **options: Any,
    ) -> Any:
        if layout not in (None, "strided"):
            raise pt.ArgumentError(message(f"{name}: layout", expected="torch.strided",
                                           got=str(layout), hint="all tensors are dense here"))
        return own(*args, **options)

    return make


__all__ = list(_NAMES)
globals().update({name: _factory(name) for name in _NAMES})
