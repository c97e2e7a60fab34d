"""The op records by family; everything here takes and gives graph nodes.

Operands have equal dtypes and explicit shapes: promotion, implicit broadcasting and defaults
belong to the surfaces above. Importing the package also fills the operators of nodes.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.graph.node import OPERATORS, Node
from pentad.ops.arithmetic import (
    abs,
    add,
    ceil,
    div,
    floor,
    floor_divide,
    integer_pow,
    log,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    remainder,
    round,
    sign,
    sub,
    trunc,
)
from pentad.ops.broadcast import broadcast, reduce_sum
from pentad.ops.comparison import (
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    shift_left,
    shift_right,
    where,
)
from pentad.ops.contraction import broadcast_shapes, dot_general, matmul
from pentad.ops.conversion import bitcast, cast
from pentad.ops.convolution import convolution, convolution_input_grad, convolution_weight_grad
from pentad.ops.copies import copy
from pentad.ops.indexing import gather, put_along_axis, scatter, take_along_axis
from pentad.ops.movement import concatenate, pad, slice_
from pentad.ops.pooling import max_pool_grad, reduce_window
from pentad.ops.reduce import (
    argmax,
    argmin,
    cumsum,
    reduce_and,
    reduce_max,
    reduce_min,
    reduce_or,
    reduce_prod,
    running_product,
)
from pentad.ops.sorting import argsort, sort
from pentad.ops.sources import full, full_like, iota
from pentad.ops.transcendental import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    log1p,
    log2,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from pentad.ops.views import reshape, reverse, stop_gradient, transpose


def _operator(function: Callable[..., Node]) -> Callable[..., Node]:
    """A binary function in which a Python number stands for a tensor like the other operand."""

    def apply(a: Node | float, b: Node | float) -> Node:
        if not isinstance(a, Node):
            assert isinstance(b, Node)
            return function(full_like(a, b), b)
        return function(a, b if isinstance(b, Node) else full_like(b, a))

    return apply


OPERATORS.update(add=_operator(add), sub=_operator(sub), mul=_operator(mul), div=_operator(div))
OPERATORS["neg"] = neg

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "argmax",
    "argmin",
    "argsort",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitcast",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "broadcast",
    "broadcast_shapes",
    "cast",
    "ceil",
    "concatenate",
    "convolution",
    "convolution_input_grad",
    "convolution_weight_grad",
    "copy",
    "cos",
    "cosh",
    "cumsum",
    "div",
    "dot_general",
    "eq",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "gather",
    "ge",
    "gt",
    "integer_pow",
    "iota",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "log1p",
    "log2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "matmul",
    "max_pool_grad",
    "maximum",
    "minimum",
    "mul",
    "ne",
    "neg",
    "pad",
    "pow",
    "put_along_axis",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_window",
    "remainder",
    "reshape",
    "reverse",
    "round",
    "rsqrt",
    "running_product",
    "scatter",
    "shift_left",
    "shift_right",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "slice_",
    "sort",
    "sqrt",
    "stop_gradient",
    "sub",
    "take_along_axis",
    "tan",
    "tanh",
    "transpose",
    "trunc",
    "where",
]
