"""Activations, softmax and its kin, cross-entropies."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.scalar.types import DISCRETE, FLOATS
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import arange
from pentad.frontends.theano.tensor.elemwise import ELEMWISE, cast, eq, exp, log, neg, switch
from pentad.frontends.theano.tensor.joining import concatenate
from pentad.frontends.theano.tensor.reductions import argmax, max, sum
from pentad.frontends.theano.tensor.subtensor import inc_subtensor, subtensor

SOFTMAX = Native("Softmax", lambda x: pt.softmax(x, -1), shows="Softmax")
LOGSOFTMAX = Native("LogSoftmax", lambda x: pt.log_softmax(x, -1), shows="LogSoftmax")
SOFTMAX_WITH_BIAS = Native("SoftmaxWithBias", lambda x, b: pt.softmax(x + b, -1),
                           shows="SoftmaxWithBias")


def _float_rows(c: Any, *axes: int) -> Any:
    c = as_tensor_variable(c)
    if c.ndim not in axes or c.dtype not in FLOATS:
        raise ValueError(
            static.message(f"x must be {' or '.join(f'{n}-d' for n in axes)} tensor of floats",
                           got=str(c.type), where=c.node.line)
        )
    return c


def _rows(op: static.Op, c: Any) -> Any:
    c = _float_rows(c, 1, 2)
    c = c.dimshuffle("x", 0) if c.ndim == 1 else c
    return one(op, c, types=[c.static_type])


def softmax(c: Any) -> Any:
    """The softmax of each row."""
    return _rows(SOFTMAX, c)


def logsoftmax(c: Any) -> Any:
    """The logarithm of the softmax of each row."""
    return _rows(LOGSOFTMAX, c)


softmax_op, logsoftmax_op = softmax, logsoftmax


def softmax_graph(c: Any) -> Any:
    """The softmax of each row, of elementary operations."""
    c = as_tensor_variable(c)
    return exp(c) / sum(exp(c), axis=-1, keepdims=True)


def softmax_with_bias(x: Any, b: Any) -> Any:
    """The softmax of each row, a bias added first."""
    x, b = _float_rows(x, 2), _float_rows(b, 1)
    return one(SOFTMAX_WITH_BIAS, x, b, types=[x.static_type])


def softmax_grad(dy: Any, sm: Any) -> Any:
    """The gradient of softmax, from that of its result `sm`."""
    dy, sm = as_tensor_variable(dy), as_tensor_variable(sm)
    return sm * (dy - sum(dy * sm, axis=-1, keepdims=True))


# -- activations -------------------------------------------------------------------------------


def relu(x: Any, alpha: Any = 0) -> Any:
    """x where positive, alpha times it elsewhere."""
    x = as_tensor_variable(x)
    if isinstance(alpha, int) and alpha == 0:
        return 0.5 * (x + abs(x))
    alpha = as_tensor_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def elu(x: Any, alpha: Any = 1) -> Any:
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    x = as_tensor_variable(x)
    return switch(x > 0, x, alpha * ELEMWISE["expm1"](x))


def selu(x: Any) -> Any:
    """The scaled exponential unit, of which activations keep mean zero and variance one."""
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    x = as_tensor_variable(x)
    return x / (1.0 + abs(x))


# -- cross-entropies ---------------------------------------------------------------------------


def binary_crossentropy(output: Any, target: Any) -> Any:
    """The cross-entropy of probabilities and targets, element by element."""
    return -(target * log(output) + (1.0 - target) * ELEMWISE["log1p"](neg(output)))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """The cross-entropy of the sigmoid of `output` and targets, element by element."""
    output = as_tensor_variable(output)
    return (ELEMWISE["maximum"](output, 0) - output * target
            + ELEMWISE["log1p"](exp(-abs(output))))


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """The cross-entropy of rows of probabilities and true ones, or whole numbers of classes."""
    if true_dist.ndim == coding_dist.ndim:
        return -sum(true_dist * log(coding_dist), axis=coding_dist.ndim - 1)
    if true_dist.ndim == coding_dist.ndim - 1:
        return crossentropy_categorical_1hot(coding_dist, true_dist)
    raise TypeError(
        static.message("rank mismatch between coding and true distributions",
                       expected=f"{coding_dist.ndim} or {coding_dist.ndim - 1} axes",
                       got=str(true_dist.ndim))
    )


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Any:
    """The cross-entropy of rows of probabilities and whole numbers of classes."""
    coding, classes = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
    if classes.ndim != coding.ndim - 1 or classes.dtype not in DISCRETE:
        raise TypeError(
            static.message("the classes must be whole numbers, one for each row",
                           expected=f"integers of {coding.ndim - 1} axes", got=str(classes.type),
                           where=classes.node.line)
        )
    if coding.ndim != 2:
        flat = coding.reshape((-1, coding.shape[coding.ndim - 1]), ndim=2)
        found = crossentropy_categorical_1hot(flat, classes.flatten())
        return found.reshape(classes.shape, ndim=classes.ndim)
    return -log(_picked(coding, classes))


def _picked(rows: Any, classes: Any) -> Any:
    return subtensor(rows, (arange(classes.shape[0]), classes))


def crossentropy_categorical_1hot_grad(g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Any:
    """The gradient of `crossentropy_categorical_1hot` by the probabilities."""
    coding, classes = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
    place = subtensor(coding.zeros_like(), (arange(classes.shape[0]), classes))
    return inc_subtensor(place, -as_tensor_variable(g_y) / _picked(coding, classes),
                         set_instead_of_inc=True)


def _xent(x: Any, b: Any, y: Any) -> tuple[Any, ...]:
    log_p = logsoftmax(x if b is None else x + b)
    return -_picked(log_p, y), exp(log_p)


def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Any]:
    """(the cross-entropies of softmax(x + b) and classes, the softmax, its largest places)."""
    x, b, y = _float_rows(x, 2), _float_rows(b, 1), as_tensor_variable(y_idx)
    if y.ndim != 1 or y.dtype not in DISCRETE:
        raise ValueError(
            static.message("y_idx must be 1-d tensor of [u]ints", got=str(y.type),
                           where=y.node.line)
        )
    nll, probabilities = _xent(x, b, y)
    return [nll, probabilities, cast(argmax(x + b, axis=-1), y.dtype)]


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """(the cross-entropies of softmax(x + b) and classes, the softmax)."""
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)[:2]


def crossentropy_softmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """(the cross-entropies of softmax(x) and classes, the softmax)."""
    return crossentropy_softmax_1hot_with_bias(x, _no_bias(x), y_idx)


def _no_bias(x: Any) -> Any:
    return as_tensor_variable(x)[0, :].zeros_like()


def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, **kwargs: Any
) -> list[Any]:
    """(the cross-entropies, the softmax of x + b, its largest values, their places)."""
    nll, probabilities = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return [nll, probabilities, max(probabilities, axis=-1), argmax(probabilities, axis=-1)]


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> list[Any]:
    """(the cross-entropies, the softmax of x, its largest values, their places)."""
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, _no_bias(x), y_idx)


def crossentropy_softmax_1hot_with_bias_dx(dy: Any, sm: Any, y_idx: Any, **kwargs: Any) -> Any:
    """The gradient of `crossentropy_softmax_1hot_with_bias` by x, from the softmax."""
    dy, sm, y = (as_tensor_variable(v) for v in (dy, sm, y_idx))
    hot = eq(arange(sm.shape[1]).dimshuffle("x", 0), y.dimshuffle(0, "x"))
    return dy.dimshuffle(0, "x") * (sm - cast(hot, sm.dtype))


# -- rows and labels ---------------------------------------------------------------------------


def prepend_scalar_to_each_row(val: Any, mat: Any) -> Any:
    """A matrix with a number before each row."""
    mat, val = as_tensor_variable(mat), as_tensor_variable(val)
    column = mat[:, :1].zeros_like() + cast(val, mat.dtype)
    return concatenate([column, mat], axis=1)


def prepend_0_to_each_row(mat: Any) -> Any:
    """A matrix with 0 before each row."""
    return prepend_scalar_to_each_row(0.0, mat)


def prepend_1_to_each_row(mat: Any) -> Any:
    """A matrix with 1 before each row."""
    return prepend_scalar_to_each_row(1.0, mat)


def confusion_matrix(actual: Any, pred: Any) -> list[Any]:
    """(how often a class (row) was taken for another (column), the classes in order)."""
    actual, pred = as_tensor_variable(actual), as_tensor_variable(pred)
    for v in (actual, pred):
        if v.ndim != 1:
            raise ValueError(static.message("actual and pred must be vectors", got=str(v.type)))
    types = [static.Type(pt.int64, (None, None)), static.Type(actual.static_type.dtype, (None,))]
    return list(make(CONFUSION, [actual, pred], types=types).outputs)


def _confusion(actual: Any, pred: Any) -> Any:
    order = pt.unique(pt.concatenate([actual, pred]))
    rows, columns = (v[:, None] == order[None, :] for v in (actual, pred))
    return rows.to(pt.int64).T @ columns.to(pt.int64), order


CONFUSION = Native("confusion_matrix", _confusion, dynamic=True, differentiable=False)


# -- hierarchical softmax ----------------------------------------------------------------------


def h_softmax(
    x: Any, batch_size: Any, n_outputs: Any, n_classes: Any, n_outputs_per_class: Any, W1: Any,
    b1: Any, W2: Any, b2: Any, target: Any = None,
) -> Any:
    """The softmax over classes times that within each class; for `target` outputs only if given."""
    x, W2, b2 = as_tensor_variable(x), as_tensor_variable(W2), as_tensor_variable(b2)
    classes = softmax(x.dot(W1) + b1)
    if target is None:
        inner = one(H_SOFTMAX, x, W2, b2)
        found = classes.dimshuffle(0, 1, "x") * inner
        return found.reshape((batch_size, n_classes * n_outputs_per_class))[:, :n_outputs]
    target = as_tensor_variable(target).flatten()
    kind, place = target // n_outputs_per_class, target % n_outputs_per_class
    rows = arange(batch_size)
    scores = sum(x.dimshuffle(0, 1, "x") * W2[kind], axis=1) + b2[kind]
    return classes[rows, kind] * softmax(scores)[rows, place]


def _inner_softmax(x: Any, w: Any, b: Any) -> Any:
    return pt.softmax(pt.einsum("bi,cio->bco", x, w) + b, -1)


H_SOFTMAX = Native("h_softmax", _inner_softmax)


__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "confusion_matrix",
    "crossentropy_categorical_1hot", "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot", "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_1hot_with_bias_dx", "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias", "elu", "h_softmax", "logsoftmax",
    "logsoftmax_op", "prepend_0_to_each_row", "prepend_1_to_each_row",
    "prepend_scalar_to_each_row", "relu", "selu", "sigmoid_binary_crossentropy", "softmax",
    "softmax_grad", "softmax_graph", "softmax_op", "softmax_with_bias", "softsign",
]
__getattr__ = absent(__name__)
