"""Conversions between element types: cast and bitcast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.define import define, quiet

# -- cast --------------------------------------------------------------------------------------


def _saturated(x: np.ndarray, dtype: DType) -> np.ndarray:
    """Floats to integers: toward zero, out of range to the nearest bound, NaN to 0."""
    limits = np.iinfo(dtype.numpy)
    # 2.0**bits is exact in every float type that can reach it, unlike the bound 2**bits - 1.
    above = x.astype(np.float64) >= float(limits.max)
    below = x.astype(np.float64) <= float(limits.min)
    inside = np.where(above | below | np.isnan(x), 0, np.trunc(x)).astype(dtype.numpy)
    ends = np.where(above, limits.max, limits.min).astype(dtype.numpy)
    return np.where(above | below, ends, inside)


def _reference_cast(x: np.ndarray, *, dtype: DType) -> np.ndarray:
    if dtype is dtypes.bool_:
        return np.asarray(x != 0)
    if x.dtype.kind == "c" and not dtype.is_complex:
        x = x.real
    if dtype.is_integer and x.dtype.kind == "f":
        return _saturated(x, dtype)
    return x.astype(dtype.numpy)


def _vjp_cast(g: Node, y: Node, x: Node, *, dtype: DType) -> tuple[Node | None]:
    smooth = dtype.is_inexact and x.dtype.is_inexact
    return (cast(g, x.dtype) if smooth else None,)


def _jvp_cast(t: Sequence[Node | None], y: Node, x: Node, *, dtype: DType) -> Node | None:
    return cast(t[0], dtype) if t[0] is not None and dtype.is_inexact else None


def _cast_samples() -> Iterable[Sample]:
    for source in dtypes.ALL:
        for target in dtypes.ALL:
            wild = ((-300.0, 300.0),) if source.is_floating_point else ()
            yield Sample((((3, 7), source),), {"dtype": target}, ranges=wild)
    for target in dtypes.ALL:
        yield Sample((np.array([1 + 2j, 1j, 0j, -2.5 - 1j]),), {"dtype": target})
    edges = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.9, -0.9, -1.5, 127.6, 255.5, 2.0**63])
    for target in dtypes.ALL:
        yield Sample((edges,), {"dtype": target})
        yield Sample((edges.astype(np.float32),), {"dtype": target})


_cast = define(
    "cast",
    "The operand in another dtype: floats to integers toward zero with saturation (NaN to 0), "
    "integers to integers by wrapping, complex numbers to real ones by their real parts, anything "
    "to bool by comparison with 0.",
    kind="elementwise",
    infer=lambda x, *, dtype: TensorType(x.shape, dtype),
    reference=quiet(_reference_cast),
    lower=lambda k, x, *, dtype: k.cast(x, dtype),
    vjp=_vjp_cast,
    jvp=_jvp_cast,
    wirtinger=True,
    samples=_cast_samples,
)


def cast(x: Node, dtype: DType) -> Node:
    """`x` converted to `dtype`; `x` itself if it has that dtype."""
    return x if x.dtype is dtype else _cast(x, dtype=dtype)


# -- bitcast -----------------------------------------------------------------------------------


def _infer_bitcast(x: TensorType, *, dtype: DType) -> TensorType:
    real = x.dtype in dtypes.NUMERIC and dtype in dtypes.NUMERIC
    if x.dtype.bits != dtype.bits or not real:
        raise DTypeError(
            message(
                "bitcast: the element sizes differ or a type is bool or complex",
                expected=f"a real number type of {x.dtype.bits} bits",
                got=f"{x.dtype.name} to {dtype.name}",
                hint="use cast to convert values",
            )
        )
    return TensorType(x.shape, dtype)


def _reference_bitcast(x: np.ndarray, *, dtype: DType) -> Any:
    # Where 16 bits are wanted, float32 values can only be bfloat16 in its NumPy carrier.
    carried = x.dtype == np.float32 and dtype.bits == 16
    bits = dtypes.bfloat16_bits(x) if carried else x
    return dtypes.from_memory(bits.view(dtype.memory), dtype)


_bitcast = define(
    "bitcast",
    "The bits of the operand read as another dtype of the same size.",
    kind="elementwise",
    infer=_infer_bitcast,
    reference=quiet(_reference_bitcast),
    lower=lambda k, x, *, dtype: k.bitcast(x, dtype),
    nondifferentiable="bits have no gradient",
    samples=lambda: [
        Sample((((3, 7), a),), {"dtype": b})
        for a in dtypes.NUMERIC
        for b in dtypes.NUMERIC
        if a.bits == b.bits
    ],
    errors=lambda: [
        Sample((((2,), dtypes.float32),), {"dtype": d}, DTypeError, "sizes differ")
        for d in (dtypes.float64, dtypes.bool_)
    ]
    + [
        Sample((((2,), a),), {"dtype": b}, DTypeError, "complex")
        for a, b in ((dtypes.complex64, dtypes.int64), (dtypes.float64, dtypes.complex64))
    ],
)


def bitcast(x: Node, dtype: DType) -> Node:
    """The bits of `x` read as `dtype`, of the same size."""
    return x if x.dtype is dtype else _bitcast(x, dtype=dtype)
