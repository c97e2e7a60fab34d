"""Comparisons, logic, bits and selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.define import (
    OpFunction,
    define,
    elementwise,
    elementwise_errors,
    elementwise_samples,
    quiet,
    require_count,
    require_dtype,
    require_same,
)
from pentad.ops.sources import full_like

BOOL = (dtypes.bool_,)

# -- comparisons -------------------------------------------------------------------------------


def _comparison(
    name: str,
    sign: str,
    reference: Callable[..., Any],
    lower: Callable[..., Any],
    allowed: Sequence[dtypes.DType] = dtypes.NUMERIC,
) -> OpFunction:
    return elementwise(
        name,
        f"x {sign} y, as bool; False where an operand is NaN." if name != "ne" else
        "x != y, as bool; True where an operand is NaN.",
        arity=2,
        boolean=True,
        allowed=allowed,
        reference=reference,
        lower=lower,
    )


eq = _comparison("eq", "==", np.equal, lambda k, x, y: k.eq(x, y), dtypes.ALL)
ne = _comparison("ne", "!=", np.not_equal, lambda k, x, y: k.ne(x, y), dtypes.ALL)
lt = _comparison("lt", "<", np.less, lambda k, x, y: k.lt(x, y))
le = _comparison("le", "<=", np.less_equal, lambda k, x, y: k.le(x, y))
gt = _comparison("gt", ">", np.greater, lambda k, x, y: k.gt(x, y))
ge = _comparison("ge", ">=", np.greater_equal, lambda k, x, y: k.ge(x, y))

isnan = elementwise(
    "isnan",
    "True where the operand is NaN (a part of it, if it is complex).",
    allowed=dtypes.INEXACT,
    boolean=True,
    reference=np.isnan,
    lower=lambda k, x: k.isnan(x),
)

isinf = elementwise(
    "isinf",
    "True where the operand is infinite, of either sign.",
    allowed=dtypes.INEXACT,
    boolean=True,
    reference=np.isinf,
    lower=lambda k, x: k.isinf(x),
)

isfinite = elementwise(
    "isfinite",
    "True where the operand is neither infinite nor NaN.",
    allowed=dtypes.INEXACT,
    boolean=True,
    reference=np.isfinite,
    lower=lambda k, x: k.isfinite(x),
)

# -- logic on bool -----------------------------------------------------------------------------

logical_and = elementwise(
    "logical_and",
    "True where both operands are.",
    arity=2,
    allowed=BOOL,
    boolean=True,
    reference=np.logical_and,
    lower=lambda k, x, y: k.logical_and(x, y),
)

logical_or = elementwise(
    "logical_or",
    "True where at least one operand is.",
    arity=2,
    allowed=BOOL,
    boolean=True,
    reference=np.logical_or,
    lower=lambda k, x, y: k.logical_or(x, y),
)

logical_xor = elementwise(
    "logical_xor",
    "True where exactly one operand is.",
    arity=2,
    allowed=BOOL,
    boolean=True,
    reference=np.logical_xor,
    lower=lambda k, x, y: k.logical_xor(x, y),
)

logical_not = elementwise(
    "logical_not",
    "True where the operand is not.",
    allowed=BOOL,
    boolean=True,
    reference=np.logical_not,
    lower=lambda k, x: k.logical_not(x),
)

# -- bits of integers --------------------------------------------------------------------------

_WHOLE = "integers have no gradient"

bitwise_and = elementwise(
    "bitwise_and",
    "The bits set in both operands.",
    arity=2,
    allowed=dtypes.INTEGERS,
    nondifferentiable=_WHOLE,
    reference=np.bitwise_and,
    lower=lambda k, x, y: k.bit_and(x, y),
)

bitwise_or = elementwise(
    "bitwise_or",
    "The bits set in at least one operand.",
    arity=2,
    allowed=dtypes.INTEGERS,
    nondifferentiable=_WHOLE,
    reference=np.bitwise_or,
    lower=lambda k, x, y: k.bit_or(x, y),
)

bitwise_xor = elementwise(
    "bitwise_xor",
    "The bits set in exactly one operand.",
    arity=2,
    allowed=dtypes.INTEGERS,
    nondifferentiable=_WHOLE,
    reference=np.bitwise_xor,
    lower=lambda k, x, y: k.bit_xor(x, y),
)

bitwise_not = elementwise(
    "bitwise_not",
    "The bits not set in the operand.",
    allowed=dtypes.INTEGERS,
    nondifferentiable=_WHOLE,
    reference=np.bitwise_not,
    lower=lambda k, x: k.bit_not(x),
)


shift_left = elementwise(
    "shift_left",
    "x * 2**y with wrapping; 0 for an amount outside [0, bits).",
    arity=2,
    allowed=dtypes.INTEGERS,
    nondifferentiable=_WHOLE,
    reference=np.left_shift,
    lower=lambda k, x, y: k.shl(x, y),
)

shift_right = elementwise(
    "shift_right",
    "floor(x / 2**y); 0 or -1, by the sign of x, for an amount outside [0, bits).",
    arity=2,
    allowed=dtypes.INTEGERS,
    nondifferentiable=_WHOLE,
    reference=np.right_shift,
    lower=lambda k, x, y: k.shr(x, y),
)

def _infer_gcd(*types: TensorType) -> TensorType:
    require_count("gcd", types, 2)
    require_same("gcd", types)
    require_dtype("gcd", types[0].dtype, dtypes.INTEGERS)
    return types[0]


# -- divisors ----------------------------------------------------------------------------------

gcd: OpFunction = define(
    "gcd",
    "The greatest common divisor of two integers, >= 0; that of 0 and 0 is 0.",
    kind="host",
    infer=_infer_gcd,
    reference=quiet(np.gcd),
    batch=same,
    nondifferentiable=_WHOLE,
    samples=lambda: elementwise_samples(2, dtypes.INTEGERS),
    errors=lambda: elementwise_errors(2, dtypes.INTEGERS),
)

# -- selection ---------------------------------------------------------------------------------


def _infer_where(*types: TensorType) -> TensorType:
    require_count("where", types, 3)
    require_dtype("where", types[0].dtype, BOOL)
    require_same("where", types[1:])
    require_same("where", [TensorType(t.shape, dtypes.bool_) for t in types])
    return types[1]


def _jvp_where(tangents: Sequence[Node | None], y: Node, c: Node, a: Node, b: Node) -> Node | None:
    _, ta, tb = tangents
    if ta is None and tb is None:
        return None
    return where(c, full_like(0, y) if ta is None else ta, full_like(0, y) if tb is None else tb)


where: OpFunction = define(
    "where",
    "a where the condition is True, else b.",
    kind="elementwise",
    infer=_infer_where,
    reference=quiet(np.where),
    lower=lambda k, c, a, b: k.select(c, a, b),
    vjp=lambda g, y, c, a, b: (None, where(c, g, full_like(0, g)), where(c, full_like(0, g), g)),
    jvp=_jvp_where,
    wirtinger=True,
    samples=lambda: [
        Sample(((s, dtypes.bool_), (s, d), (s, d)))
        for s, d in (
            *(((3, 5), d) for d in dtypes.ALL),
            *((s, dtypes.float32) for s in ((), (0,), (17,), (2, 3, 4))),
        )
    ],
    errors=lambda: [
        Sample((((2,), dtypes.int32),) * 3, {}, DTypeError, "not supported"),
        Sample(
            (((3,), dtypes.bool_), *(((2,), dtypes.int32),) * 2), {}, ShapeError, "different shapes"
        ),
    ],
)
