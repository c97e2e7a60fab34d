"""Where tensors are not zero."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, make
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.joining import stack
from pentad.frontends.theano.tensor.subtensor import subtensor


def _places(x: Any) -> Any:
    return tuple(pt.nonzero(x, as_tuple=True))


NONZERO = Native("Nonzero", _places, dynamic=True, differentiable=False, shows="Nonzero")


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """For each axis the places where a tensor is not zero."""
    a = as_tensor_variable(a)
    if a.ndim == 0:
        raise ValueError(static.message("Nonzero only supports non-scalar arrays.",
                                        got=str(a.type), where=a.node.line))
    found = make(NONZERO, [a], types=[static.Type(pt.int64, (None,))] * a.ndim).outputs
    return stack(list(found), axis=0) if return_matrix else tuple(found)


def flatnonzero(a: Any) -> Any:
    """The places in the flattened tensor where it is not zero."""
    a = as_tensor_variable(a)
    if a.ndim == 0:
        raise ValueError(static.message("Nonzero only supports non-scalar arrays.",
                                        got=str(a.type), where=a.node.line))
    return nonzero(a.flatten() if a.ndim != 1 else a)[0]


def nonzero_values(a: Any) -> Any:
    """The elements that are not zero, as a vector."""
    a = as_tensor_variable(a)
    return subtensor(a.flatten() if a.ndim != 1 else a, flatnonzero(a))


__all__ = ["flatnonzero", "nonzero", "nonzero_values"]
