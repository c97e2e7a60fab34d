"""The op records by family; everything here takes and gives graph nodes.

Operands have equal dtypes and explicit shapes: promotion, implicit broadcasting and defaults
belong to the surfaces above. Importing the package also fills the operators of nodes.
"""

from __future__ import annotations

from collections.abc import Callable

from pentad.graph.node import OPERATORS, Node
from pentad.ops import adjusted as adjusted
from pentad.ops import fourier as fourier
from pentad.ops import polynomials as polynomials
from pentad.ops import special_bessel as special_bessel
from pentad.ops import special_error as special_error
from pentad.ops import special_gamma as special_gamma
from pentad.ops.activations import (
    celu,
    clamp,
    elu,
    gelu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_sigmoid,
    mish,
    reciprocal,
    relu,
    relu6,
    selu,
    silu,
    softplus,
    softshrink,
    softsign,
    square,
    tanhshrink,
    threshold,
)
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
from pentad.ops.attention import attention
from pentad.ops.broadcast import broadcast, reduce_sum
from pentad.ops.checks import check_index
from pentad.ops.comparison import (
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    gcd,
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
from pentad.ops.complex import complex_, conj, conjugate, imag, real
from pentad.ops.complex_functions import host_function
from pentad.ops.contraction import broadcast_shapes, dot_general, matmul
from pentad.ops.control import cond, loop
from pentad.ops.conversion import bitcast, cast
from pentad.ops.convolution import convolution, convolution_input_grad, convolution_weight_grad
from pentad.ops.copies import copy
from pentad.ops.cumulative import (
    cumargmax,
    cumargmin,
    cumprod,
    cumsum,
    linear_recurrence,
    logcumsumexp,
)
from pentad.ops.determinants import determinant, slogdet
from pentad.ops.factorizations import (
    cholesky,
    cholesky_info,
    lower_factor,
    lu,
    permute_rows,
    qr,
    unpermute_rows,
    upper_factor,
)
from pentad.ops.fence import fence
from pentad.ops.indexing import gather, put_along_axis, scatter, take_along_axis
from pentad.ops.losses import (
    binary_cross_entropy_with_logits,
    counted_labels,
    cross_entropy,
    nll,
)
from pentad.ops.matrix_exp import matrix_exp
from pentad.ops.movement import concatenate, pad, slice_
from pentad.ops.normalization import (
    batch_norm,
    batch_norm_inference,
    group_norm,
    layer_norm,
    rms_norm,
)
from pentad.ops.pivots import first_zero_pivot, order_to_pivots, pivots_to_order
from pentad.ops.pooling import max_pool_grad, reduce_window
from pentad.ops.random import (
    bernoulli,
    dropout_mask,
    normal_from_bits,
    philox,
    random_bits,
    uniform_from_bits,
)
from pentad.ops.reduce import (
    argmax,
    argmin,
    reduce_and,
    reduce_max,
    reduce_min,
    reduce_or,
    reduce_prod,
    running_product,
)
from pentad.ops.reflectors import geqrf
from pentad.ops.scatter_reduce import scatter_reduce
from pentad.ops.softmax import log_softmax, logaddexp, logsumexp, masked_softmax, softmax
from pentad.ops.solving import (
    inverse,
    least_squares,
    linear_solve,
    pseudo_inverse,
    triangular_solve,
)
from pentad.ops.sorting import argsort, sort
from pentad.ops.sources import full, full_like, iota
from pentad.ops.spectral import eig, eigh, eigvals, eigvalsh, svd, svdvals
from pentad.ops.statistics import mean, standardize, var
from pentad.ops.symmetric import ldl, ldl_solve, packed_ldl
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
    "attention",
    "batch_norm",
    "batch_norm_inference",
    "bernoulli",
    "binary_cross_entropy_with_logits",
    "bitcast",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "broadcast",
    "broadcast_shapes",
    "cast",
    "ceil",
    "celu",
    "check_index",
    "cholesky",
    "cholesky_info",
    "clamp",
    "complex_",
    "concatenate",
    "cond",
    "conj",
    "conjugate",
    "convolution",
    "convolution_input_grad",
    "convolution_weight_grad",
    "copy",
    "cos",
    "cosh",
    "counted_labels",
    "cross_entropy",
    "cumargmax",
    "cumargmin",
    "cumprod",
    "cumsum",
    "determinant",
    "div",
    "dot_general",
    "dropout_mask",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "elu",
    "eq",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "fence",
    "first_zero_pivot",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "gather",
    "gcd",
    "ge",
    "gelu",
    "geqrf",
    "group_norm",
    "gt",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "host_function",
    "imag",
    "integer_pow",
    "inverse",
    "iota",
    "isfinite",
    "isinf",
    "isnan",
    "layer_norm",
    "ldl",
    "ldl_solve",
    "le",
    "leaky_relu",
    "least_squares",
    "linear_recurrence",
    "linear_solve",
    "log",
    "log1p",
    "log2",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logcumsumexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "loop",
    "lower_factor",
    "lt",
    "lu",
    "masked_softmax",
    "matmul",
    "matrix_exp",
    "max_pool_grad",
    "maximum",
    "mean",
    "minimum",
    "mish",
    "mul",
    "ne",
    "neg",
    "nll",
    "normal_from_bits",
    "order_to_pivots",
    "packed_ldl",
    "pad",
    "permute_rows",
    "philox",
    "pivots_to_order",
    "pow",
    "pseudo_inverse",
    "put_along_axis",
    "qr",
    "random_bits",
    "real",
    "reciprocal",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_window",
    "relu",
    "relu6",
    "remainder",
    "reshape",
    "reverse",
    "rms_norm",
    "round",
    "rsqrt",
    "running_product",
    "scatter",
    "scatter_reduce",
    "selu",
    "shift_left",
    "shift_right",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "slice_",
    "slogdet",
    "softmax",
    "softplus",
    "softshrink",
    "softsign",
    "sort",
    "sqrt",
    "square",
    "standardize",
    "stop_gradient",
    "sub",
    "svd",
    "svdvals",
    "take_along_axis",
    "tan",
    "tanh",
    "tanhshrink",
    "threshold",
    "transpose",
    "triangular_solve",
    "trunc",
    "uniform_from_bits",
    "unpermute_rows",
    "upper_factor",
    "var",
    "where",
]
