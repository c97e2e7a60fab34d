"""Constructors of op records: each turns one paragraph into an Op and its graph function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node, apply, input_node
from pentad.graph.op import Op, Sample, TensorType, register

F32 = dtypes.float32
Cotangents = Iterable[Node | None]


class OpFunction(Protocol):
    """What a definition leaves in its module: a function of nodes that also knows its record."""

    op: Op

    def __call__(self, *inputs: Node, **attrs: Any) -> Node: ...


def graph_function(op: Op) -> OpFunction:
    """The function that applies `op` to nodes."""

    def function(*inputs: Node, **attrs: Any) -> Node:
        return apply(op, *inputs, **attrs)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op.doc
    function.op = op  # type: ignore[attr-defined]
    return function  # type: ignore[return-value]


# -- checks ------------------------------------------------------------------------------------


def require_count(name: str, types: Sequence[TensorType], *counts: int) -> None:
    """ShapeError unless the number of operands is one of `counts`."""
    if len(types) not in counts:
        raise ShapeError(
            message(
                f"{name}: wrong number of operands",
                expected=" or ".join(map(str, counts)),
                got=str(len(types)),
            )
        )


def require_dtype(name: str, dtype: DType, allowed: Sequence[DType]) -> None:
    """DTypeError unless `dtype` is one of `allowed`."""
    if not any(dtype is a for a in allowed):
        raise DTypeError(
            message(
                f"{name}: dtype is not supported",
                expected=", ".join(a.name for a in allowed),
                got=dtype.name,
                hint="convert the operand with .to(...)",
            )
        )


def require_same(name: str, types: Sequence[TensorType]) -> None:
    """Graph ops take equal dtypes and equal shapes; ShapeError or DTypeError otherwise."""
    require_same_dtype(name, types)
    first = types[0]
    for other in types[1:]:
        if len(other.shape) != len(first.shape) or other.shape != first.shape:
            raise ShapeError(
                message(
                    f"{name}: operands have different shapes",
                    expected=f"equal shapes, such as {list(first.shape)}",
                    got=", ".join(str(list(t.shape)) for t in types),
                    hint="broadcast one operand, or check which axis differs",
                )
            )


def require_same_dtype(name: str, types: Sequence[TensorType]) -> None:
    """DTypeError unless the operands have one dtype."""
    if any(t.dtype is not types[0].dtype for t in types):
        raise DTypeError(
            message(
                f"{name}: operands have different dtypes",
                expected=f"equal dtypes, such as {types[0].dtype.name}",
                got=", ".join(t.dtype.name for t in types),
                hint="convert one operand with .to(...)",
            )
        )


def normalize_axis(name: str, axis: int, ndim: int) -> int:
    """A non-negative axis; ShapeError if it is outside [-ndim, ndim)."""
    if not -ndim <= axis < ndim:
        raise ShapeError(
            message(
                f"{name}: axis out of range",
                expected=f"an axis in [{-ndim}, {ndim})",
                got=str(axis),
                hint=f"the operand has {ndim} dimensions",
            )
        )
    return axis % ndim


def normalize_axes(name: str, axes: Sequence[int], ndim: int) -> tuple[int, ...]:
    """Sorted non-negative axes; ShapeError if one is out of range or given twice."""
    found = tuple(sorted(normalize_axis(name, a, ndim) for a in axes))
    if len(set(found)) != len(found):
        raise ShapeError(
            message(
                f"{name}: an axis is given twice",
                expected="each axis at most once",
                got=str(tuple(axes)),
            )
        )
    return found


# -- references --------------------------------------------------------------------------------


def quiet(reference: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """A reference without NumPy's warnings (ops are total) that always gives an array."""

    @functools.wraps(reference)
    def run(*arrays: np.ndarray, **attrs: Any) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(reference(*arrays, **attrs))

    return run


def in_single(reference: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """A quiet reference that computes float16 in float32 and rounds once, as kernels do."""

    @functools.wraps(reference)
    def run(*arrays: np.ndarray, **attrs: Any) -> np.ndarray:
        half = any(a.dtype == np.float16 for a in arrays)
        wide = [a.astype(np.float32) if a.dtype == np.float16 else a for a in arrays]
        with np.errstate(all="ignore"):
            result = np.asarray(reference(*wide, **attrs))
            return result.astype(np.float16) if half and result.dtype == np.float32 else result

    return run


# -- constructors ------------------------------------------------------------------------------


def diagonal_jvp(vjp: Callable[..., Cotangents]) -> Callable[..., Node | None]:
    """The forward-mode rule of an element-wise function: its Jacobian is diagonal, so that the
    reverse-mode rule maps each operand's tangent to its share of the result's."""

    def jvp(tangents: Sequence[Node | None], y: Node, *x: Node, **attrs: Any) -> Node | None:
        total: Node | None = None
        for i, t in enumerate(tangents):
            part = list(vjp(t, y, *x, **attrs))[i] if t is not None else None
            if part is not None:
                total = part if total is None else total + part
        return total

    return jvp


def elementwise(
    name: str,
    doc: str,
    *,
    reference: Callable[..., Any],
    lower: Callable[..., Any],
    arity: int = 1,
    allowed: Sequence[DType] = dtypes.FLOATS,
    boolean: bool = False,
    magnitude: bool = False,
    vjp: Callable[..., Cotangents] | None = None,
    jvp: Callable[..., Node | None] | None = None,
    wirtinger: bool = False,
    nondifferentiable: str = "",
    ranges: tuple[tuple[float, float] | None, ...] = (),
    linear: tuple[int, ...] = (),
) -> OpFunction:
    """Define an element-wise op on operands of equal types.

    boolean: the result is bool; magnitude: that of complex operands is real. `vjp(g, y, *x)` gives
    a cotangent for each operand; the forward-mode rule follows from it unless one is given (it
    must be for complex operands where the op is not holomorphic; see Op.wirtinger). `ranges`:
    where the tests draw each operand from.
    """

    def infer(*types: TensorType) -> TensorType:
        require_count(name, types, arity)
        require_same(name, types)
        require_dtype(name, types[0].dtype, allowed)
        same = types[0].dtype.real if magnitude else types[0].dtype
        return TensorType(types[0].shape, dtypes.bool_ if boolean else same)

    op = Op(
        name=name,
        doc=doc,
        kind="elementwise",
        infer=infer,
        reference=in_single(reference),
        vjp=vjp,
        jvp=jvp,
        wirtinger=wirtinger,
        lower=lower,
        linear=linear,
        nondifferentiable=nondifferentiable or ("the result is bool" if boolean else ""),
        samples=lambda: elementwise_samples(arity, allowed, ranges),
        errors=lambda: elementwise_errors(arity, allowed),
    )
    return graph_function(register(op))


def elementwise_samples(
    arity: int,
    allowed: Sequence[DType],
    ranges: tuple[tuple[float, float] | None, ...] = (),
    **attrs: Any,
) -> Iterable[Sample]:
    """Shapes around vector borders, 0-d and empty, for every dtype that the op takes."""
    for shape in ((), (0,), (1,), (7,), (16,), (33,), (3, 5), (2, 3, 4), (2, 0, 3)):
        yield Sample(((shape, allowed[-1]),) * arity, attrs, ranges=ranges)
    for dtype in allowed:
        yield Sample((((4, 9), dtype),) * arity, attrs, ranges=ranges)


def elementwise_errors(
    arity: int, allowed: Sequence[DType], **attrs: Any
) -> Iterable[Sample]:
    """The calls that every element-wise op refuses."""
    good = allowed[-1]
    yield Sample((((2,), good),) * (arity + 1), attrs, ShapeError, "number of operands")
    refused = [d for d in dtypes.ALL if d not in allowed]
    if refused:
        yield Sample((((2,), refused[0]),) * arity, attrs, DTypeError, "not supported")
    if arity > 1:
        rest = (((2,), good),) * (arity - 1)
        yield Sample((((3,), good), *rest), attrs, ShapeError, "different shapes")
    if arity > 1 and len(allowed) > 1:
        yield Sample((((2,), allowed[0]), *rest), attrs, DTypeError, "different dtypes")


def define(
    name: str,
    doc: str,
    *,
    kind: str,
    infer: Callable[..., TensorType],
    **fields: Any,
) -> OpFunction:
    """Define any other op: the fields of Op, by keyword."""
    return graph_function(register(Op(name=name, doc=doc, kind=kind, infer=infer, **fields)))


def composite(
    name: str,
    doc: str,
    *,
    decompose: Callable[..., Node],
    **fields: Any,
) -> OpFunction:
    """Define a composite: its type is that of its decomposition, and so are its derivatives,
    unless a `vjp` is given."""

    def infer(*types: TensorType, **attrs: Any) -> TensorType:
        inputs = [input_node(f"x{i}", t.shape, t.dtype) for i, t in enumerate(types)]
        return decompose(*inputs, **attrs).type

    op = Op(name=name, doc=doc, kind="composite", infer=infer, decompose=decompose, **fields)
    return graph_function(register(op))
