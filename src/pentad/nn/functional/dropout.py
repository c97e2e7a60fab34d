"""Dropout: zeros at random places, from the counter-based stream of the default generator."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional.common import require_fraction
from pentad.tensor.dispatch import surface
from pentad.tensor.random import default_generator


@surface
def _dropped(x: Node, key: Node, offset: Node, p: float, channels: bool) -> Node:
    """x with elements (or whole channels of [N, C, ...]) dropped, the rest times 1 / (1 - p)."""
    shape = x.shape[:2] if channels else x.shape
    mask = ops.dropout_mask(ops.random_bits(key, offset, shape), p, x.dtype)
    return ops.mul(x, ops.broadcast(mask, x.shape, range(len(shape))))


_dropped.surface.name = "dropout"


def _apply(input: Any, p: float, training: bool, inplace: bool, channels: bool) -> Any:
    require_fraction("dropout", "p", p)
    if not training or p == 0:
        return input
    key, offset = default_generator.draw(product(input.shape[:2] if channels else input.shape))
    drop = _dropped.inplace if inplace else _dropped
    return drop(input, key, offset, float(p), channels)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element is 0 with probability p, else divided by 1 - p (Srivastava et al., 2014)."""
    return _apply(input, p, training, inplace, False)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of [N, C, ...]."""
    return _apply(input, p, training, inplace, True)


dropout1d = dropout3d = dropout2d
