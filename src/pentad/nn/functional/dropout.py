"""Dropout: zeros at random places, from the counter-based stream of the default generator."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional.common import require_fraction
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.random import default_generator
from pentad.tensor.promotion import require_floating


@surface
def _dropped(x: Node, key: Node, offset: Node, p: float, lead: int) -> Node:
    """x with elements (of its first `lead` dimensions) dropped, the rest times 1 / (1 - p)."""
    shape = x.shape[:lead]
    mask = ops.dropout_mask(ops.random_bits(key, offset, shape), p, x.dtype)
    return ops.mul(x, ops.broadcast(mask, x.shape, range(lead)))


# The value that selu has far below 0: what is dropped before a selu takes it.
_SELU_LIMIT = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717


@surface
def _alpha_dropped(x: Node, key: Node, offset: Node, p: float, lead: int) -> Node:
    """x with elements set to selu's limit, then brought to the mean and variance of before."""
    require_floating("alpha_dropout", x)
    if p == 1:
        return ops.full_like(0, x)
    shape = x.shape[:lead]
    mask = ops.dropout_mask(ops.random_bits(key, offset, shape), p, x.dtype)
    kept = ops.broadcast(ops.ne(mask, ops.full_like(0, mask)), x.shape, range(lead))
    scale = ((1 - p) * (1 + p * _SELU_LIMIT**2)) ** -0.5
    full = ops.where(kept, x, ops.full_like(_SELU_LIMIT, x))
    return full * scale - scale * p * _SELU_LIMIT


_dropped.surface.name, _alpha_dropped.surface.name = "dropout", "alpha_dropout"


def _apply(
    input: Any, p: float, training: bool, inplace: bool, lead: int | None = None,
    drop: Any = _dropped,
) -> Any:
    require_fraction("dropout", "p", p)
    if not training or p == 0:
        return input
    lead = input.ndim if lead is None else lead
    key, offset = default_generator.draw(product(input.shape[:lead]))
    return (drop.inplace if inplace else drop)(input, key, offset, float(p), lead)


def _require_channels(name: str, x: Any, dims: tuple[int, ...]) -> None:
    if x.ndim not in dims:
        raise ShapeError(
            message(f"{name}: wrong number of dimensions",
                    expected=f"{' or '.join(map(str, dims))}: [N, C, ...] or [C, ...]",
                    got=f"{x.ndim}, shape {list(x.shape)}",
                    hint="F.dropout drops single elements of any shape")
        )


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element is 0 with probability p, else divided by 1 - p (Srivastava et al., 2014)."""
    return _apply(input, p, training, inplace)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of [N, C, L] or [C, L]."""
    require_fraction("dropout1d", "p", p)
    _require_channels("dropout1d", input, (2, 3))
    return _apply(input, p, training, inplace, input.ndim - 1)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of [N, C, H, W]; [N, C, L] is taken, too, as in PyTorch."""
    return _apply(input, p, training, inplace, min(2, input.ndim))


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of [N, C, D, H, W] or [C, D, H, W]."""
    lead = 1 if input.ndim == 4 else min(2, input.ndim)
    return _apply(input, p, training, inplace, lead)


def alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    """Dropout that keeps mean and variance, for networks of selu (Klambauer et al., 2017)."""
    return _apply(input, p, training, inplace, drop=_alpha_dropped)


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    """alpha_dropout of whole channels of [N, C, ...]."""
    if training and input.ndim < 2:
        raise ShapeError(
            message("feature_alpha_dropout: wrong number of dimensions", expected="[N, C, ...]",
                    got=str(list(input.shape)))
        )
    return _apply(input, p, training, inplace, 2, _alpha_dropped)
