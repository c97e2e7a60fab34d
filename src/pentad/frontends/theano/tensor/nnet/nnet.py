"""Activations and losses."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import arange
from pentad.frontends.theano.tensor.elemwise import ELEMWISE, log, neg
from pentad.frontends.theano.tensor.reductions import sum
from pentad.frontends.theano.tensor.subtensor import subtensor

sigmoid, softplus = ELEMWISE["sigmoid"], ELEMWISE["softplus"]
SOFTMAX = Native("Softmax", lambda x: pt.softmax(x, -1), shows="Softmax")
LOGSOFTMAX = Native("LogSoftmax", lambda x: pt.log_softmax(x, -1), shows="LogSoftmax")


def _rows(op: static.Op, c: Any) -> Any:
    c = as_tensor_variable(c)
    if c.ndim not in (1, 2) or not c.dtype.startswith("float"):
        raise ValueError(
            static.message("x must be 1-d or 2-d tensor of floats", got=str(c.type),
                           where=c.node.line)
        )
    c = c.dimshuffle("x", 0) if c.ndim == 1 else c
    return one(op, c, types=[c.static_type])


def softmax(c: Any) -> Any:
    """The softmax of each row."""
    return _rows(SOFTMAX, c)


def logsoftmax(c: Any) -> Any:
    """The logarithm of the softmax of each row."""
    return _rows(LOGSOFTMAX, c)


def relu(x: Any, alpha: Any = 0) -> Any:
    """x where positive, alpha times it elsewhere."""
    x = as_tensor_variable(x)
    if isinstance(alpha, int) and alpha == 0:
        return 0.5 * (x + abs(x))
    alpha = as_tensor_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def binary_crossentropy(output: Any, target: Any) -> Any:
    """The cross-entropy of probabilities and targets, element by element."""
    return -(target * log(output) + (1.0 - target) * ELEMWISE["log1p"](neg(output)))


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """The cross-entropy of rows of probabilities and true ones, or whole numbers of classes."""
    if true_dist.ndim == coding_dist.ndim:
        return -sum(true_dist * log(coding_dist), axis=coding_dist.ndim - 1)
    if true_dist.ndim == coding_dist.ndim - 1:
        return -log(subtensor(coding_dist, (arange(true_dist.shape[0]), true_dist)))
    raise TypeError(
        static.message("rank mismatch between coding and true distributions",
                       expected=f"{coding_dist.ndim} or {coding_dist.ndim - 1} axes",
                       got=str(true_dist.ndim))
    )


__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "logsoftmax", "relu", "sigmoid", "softmax",
    "softplus",
]
