"""Complex numbers and their parts: real, imag, complex_, conj.

Kernels know no complex numbers: the pass `split_complex` puts a pair of real nodes in place of each
complex one, by the rules in pairs.py; what is left are `real` and `imag` of inputs, which are
views of their memory, and `complex_`, which writes a pair into the memory of one value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.define import (
    OpFunction,
    define,
    elementwise,
    quiet,
    require_count,
    require_dtype,
    require_same,
)
from pentad.ops.sources import full_like

SHAPES = ((), (0,), (7,), (3, 17), (2, 3, 4))


def _infer_complex(*types: TensorType) -> TensorType:
    require_count("complex", types, 2)
    require_same("complex", types)
    require_dtype("complex", types[0].dtype, (dtypes.float32, dtypes.float64))
    return TensorType(types[0].shape, types[0].dtype.complex)


def _reference_complex(re: np.ndarray, im: np.ndarray) -> np.ndarray:
    made = np.empty(re.shape, np.result_type(re, np.complex64))
    made.real, made.imag = re, im
    return made


def _jvp_complex(t: Sequence[Node | None], y: Node, re: Node, im: Node) -> Node | None:
    a, b = (full_like(0, re) if part is None else part for part in t)
    return complex_(a, b)


complex_ = define(
    "complex",
    "The complex numbers with these real and imaginary parts.",
    kind="structured",
    kernel="interleave",
    infer=_infer_complex,
    reference=quiet(_reference_complex),
    vjp=lambda g, y, re, im: (real(g), imag(g)),
    jvp=_jvp_complex,
    batch=same,
    wirtinger=True,
    samples=lambda: [
        Sample(((s, d), (s, d)))
        for s, d in (*((s, dtypes.float64) for s in SHAPES), ((4, 9), dtypes.float32))
    ],
    errors=lambda: [
        Sample((((2,), dtypes.float16),) * 2, {}, DTypeError, "not supported"),
        Sample((((2,), dtypes.float32), ((2,), dtypes.float64)), {}, DTypeError, "different"),
    ],
)


def _infer_part(x: TensorType) -> TensorType:
    require_dtype("real, imag", x.dtype, dtypes.COMPLEX)
    return TensorType(x.shape, x.dtype.real)


def _nothing(g: Node) -> Node:
    return full_like(0, g)


real: OpFunction = define(
    "real",
    "The real parts of complex numbers.",
    kind="view",
    infer=_infer_part,
    reference=lambda x: x.real,
    vjp=lambda g, y, x: (complex_(g, _nothing(g)),),
    wirtinger=True,
    linear=(0,),
    batch=same,
    samples=lambda: [
        Sample(((s, d),))
        for s, d in (*((s, dtypes.complex128) for s in SHAPES), ((4, 9), dtypes.complex64))
    ],
    errors=lambda: [Sample((((2,), dtypes.float32),), {}, DTypeError, "not supported")],
)

imag: OpFunction = define(
    "imag",
    "The imaginary parts of complex numbers.",
    kind="view",
    infer=_infer_part,
    reference=lambda x: x.imag,
    vjp=lambda g, y, x: (complex_(_nothing(g), g),),
    wirtinger=True,
    linear=(0,),
    batch=same,
    samples=real.op.samples,
    errors=real.op.errors,
)

conj = elementwise(
    "conj",
    "The complex conjugate; a real number is its own.",
    allowed=dtypes.NUMBERS,
    reference=np.conjugate,
    lower=lambda k, x: x,
    vjp=lambda g, y, x: (conjugate(g),),
    jvp=lambda t, y, x: conjugate(t[0]),
    wirtinger=True,
)


def conjugate(x: Node) -> Node:
    """`conj(x)`; `x` itself if it is real, and what it is the conjugate of if it is one."""
    if not x.dtype.is_complex:
        return x
    return x.inputs[0] if x.op is conj.op else conj(x)
