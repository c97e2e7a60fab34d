"""Constructors of op records: each turns one paragraph into an Op and its graph function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node, apply
from pentad.graph.op import Op, Sample, TensorType, register


DTypeRule = Callable[[DType], DType]


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
    first = types[0]
    for other in types[1:]:
        if other.dtype is not first.dtype:
            raise DTypeError(
                message(
                    f"{name}: operands have different dtypes",
                    expected=f"equal dtypes, such as {first.dtype.name}",
                    got=", ".join(t.dtype.name for t in types),
                    hint="convert one operand with .to(...)",
                )
            )
        if len(other.shape) != len(first.shape) or other.shape != first.shape:
            raise ShapeError(
                message(
                    f"{name}: operands have different shapes",
                    expected=f"equal shapes, such as {list(first.shape)}",
                    got=", ".join(str(list(t.shape)) for t in types),
                    hint="broadcast one operand, or check which axis differs",
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


def _bool_result(_: DType) -> DType:
    return dtypes.bool_


def elementwise(
    name: str,
    doc: str,
    *,
    reference: Callable[..., Any],
    lower: Callable[..., Any],
    arity: int = 1,
    allowed: Sequence[DType] = dtypes.FLOATS,
    boolean: bool = False,
    vjp: Callable[..., Iterable[Node | None]] | None = None,
    nondifferentiable: str = "",
    samples: Callable[[], Iterable[Sample]] | None = None,
    linear: tuple[int, ...] = (),
    kind: str = "elementwise",
) -> OpFunction:
    """Define an element-wise op on operands of equal types.

    boolean: the result is bool (comparisons, predicates). `vjp(g, y, *x)` gives a cotangent for
    each operand; the forward-mode rule follows from it, for the Jacobian is diagonal.
    """

    def infer(*types: TensorType, **attrs: Any) -> TensorType:
        if len(types) != arity:
            raise ShapeError(
                message(f"{name}: operands", expected=str(arity), got=str(len(types)))
            )
        require_same(name, types)
        require_dtype(name, types[0].dtype, allowed)
        return TensorType(types[0].shape, dtypes.bool_ if boolean else types[0].dtype)

    op = Op(
        name=name,
        doc=doc,
        kind=kind,
        infer=infer,
        reference=reference,
        vjp=vjp,
        lower=lower,
        linear=linear,
        nondifferentiable=nondifferentiable or ("the result is bool" if boolean else ""),
        samples=samples or (lambda: elementwise_samples(arity, allowed)),
    )
    return graph_function(register(op))


def elementwise_samples(arity: int, allowed: Sequence[DType]) -> Iterable[Sample]:
    """Shapes around vector borders, 0-d and empty, for every dtype that the op takes."""
    for shape in ((), (0,), (1,), (7,), (16,), (33,), (3, 5), (2, 3, 4), (2, 0, 3)):
        yield Sample(((shape, allowed[-1]),) * arity)
    for dtype in allowed:
        yield Sample(((((4, 9)), dtype),) * arity)


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
    from pentad.graph.node import input_node

    def infer(*types: TensorType, **attrs: Any) -> TensorType:
        inputs = [input_node(f"x{i}", t.shape, t.dtype) for i, t in enumerate(types)]
        return decompose(*inputs, **attrs).type

    op = Op(
        name=name, doc=doc, kind="composite", infer=infer, decompose=decompose, **fields
    )
    return graph_function(register(op))


