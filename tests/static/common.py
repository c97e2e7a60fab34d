"""Ops for the tests of the define-and-run core."""

from __future__ import annotations

import numpy as np

import pentad as pt
from pentad import static

MATMUL = static.Op("matmul", lambda a, b: a @ b)
ADD = static.Op("add", lambda a, b: a + b, known=lambda a, b: a + b,
                linear="add")
SUB = static.Op("sub", lambda a, b: a - b)
MUL = static.Op("mul", lambda a, b: a * b, known=lambda a, b: a * b,
                linear="mul")
TANH = static.Op("tanh", pt.tanh)
SUM = static.Op("sum", lambda a: a.sum())
REVERSE = static.Op("reverse", lambda a: a.flip(0), known=lambda a: a[::-1])
RESHAPE = static.Op(
    "reshape", lambda a, s: a.reshape(*s.tolist()), sizes=(1,),
    infer=lambda t, s, node: [static.Type(t.dtype, (None,) * s.shape[0])],
)
PRINT = static.Op("print", lambda a: a, host=True)
NONZERO = static.Op(
    "nonzero", lambda a: a.nonzero(), dynamic=True,
    infer=lambda t, node: [static.Type(pt.int64, (None, len(t.shape)))],
)


def _sizes(shape):
    whole = all(isinstance(n, int) for n in shape)
    return np.array(shape, np.int64 if whole else object)


SHAPE = static.Op("shape", _sizes, from_type=True)


def _length(shape):
    return np.array(shape[0], np.int64 if isinstance(shape[0], int) else object)


LENGTH = static.Op("length", _length, from_type=True)


def make(op, *inputs, **attrs):
    """The first result of an op on symbols."""
    return static.apply(inputs[0].graph, op, inputs, attrs).outputs[0]
