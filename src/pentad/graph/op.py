"""The Op record: everything that Pentad knows of one operation, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pentad.graph.dtypes import DType
from pentad.graph.errors import GraphError
from pentad.graph.sizes import Size, product, same

if TYPE_CHECKING:
    from pentad.graph.node import Node


@dataclass(frozen=True, slots=True, eq=False)
class TensorType:
    """Shape and element type of a value."""

    shape: tuple[Size, ...]
    dtype: DType

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Size:
        return product(self.shape)

    def matches(self, other: TensorType) -> bool:
        """The same element type and structurally the same sizes (leaves no guard)."""
        return (
            self.dtype is other.dtype
            and len(self.shape) == len(other.shape)
            and all(same(a, b) for a, b in zip(self.shape, other.shape, strict=True))
        )

    def __str__(self) -> str:
        return f"{self.dtype.name}[{', '.join(map(str, self.shape))}]"

    __repr__ = __str__


@dataclass(frozen=True)
class Sample:
    """Arguments of one call for the op's tests: arrays or (shape, dtype) made random, attributes.

    ranges[i] = (low, high) says where operand i is drawn from: integers low <= v < high, floats
    uniformly between; None (or a short tuple) means from everywhere.
    """

    inputs: tuple[Any, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    raises: type[Exception] | None = None
    match: str = ""
    ranges: tuple[tuple[float, float] | None, ...] = ()


@dataclass(frozen=True, eq=False)
class Op:
    """One operation.

    kind says how it becomes code:
      elementwise  `lower(k, *lanes, **attrs)` writes it against the builder protocol `k`
      source       no inputs: elementwise in its position
      view         moves no data: an index map (reshape, transpose, broadcast, slice, ...)
      reduce       one accumulator over some axes
      structured   its own kernel, named by `kernel`; where it has no rule for a derivative,
                   that of its `decompose` is taken, if it has one
      composite    `decompose(*nodes, **attrs)` writes it in terms of other ops
      host         runs in Python between native segments (`reference` is the implementation)
      control      runs its sub-graphs, which are attributes; its own type is empty, `results` gives
                   the types of what it computes
      result       one of the results of a control node
    """

    name: str
    doc: str
    kind: str
    infer: Callable[..., TensorType]
    reference: Callable[..., Any] | None = None
    vjp: Callable[..., Iterable[Node | None]] | None = None
    jvp: Callable[..., Node | None] | None = None
    lower: Callable[..., Any] | None = None
    decompose: Callable[..., Node] | None = None
    kernel: str = ""
    wirtinger: bool = False
    """The vjp gives PyTorch's (conjugate) gradients of complex operands as it stands: ops that are
    real-linear or not holomorphic. Around the vjp of all others `autodiff` conjugates."""
    results: Callable[..., tuple[TensorType, ...]] | None = None
    """Of a control op: the types of its results, from what `infer` takes."""
    linear: tuple[int, ...] = ()
    """The operands in which the op is linear (each alone, the others held fixed)."""
    batch: Callable[..., Node | None] | None = None
    """What it becomes on operands with a batch axis (see ops/batching.py), if not derived."""
    nondifferentiable: str = ""
    """Why there is no gradient, in words; empty if there is one."""
    samples: Callable[[], Iterable[Sample]] | None = None
    errors: Callable[[], Iterable[Sample]] | None = None

    def __repr__(self) -> str:
        return f"<op {self.name}>"


TABLE: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Enter an op into the table; a second op of the same name is a GraphError."""
    if op.name in TABLE:
        raise GraphError(f"op {op.name!r} is registered twice")
    TABLE[op.name] = op
    return op


def by_name(name: str) -> Op:
    """The op called `name`; GraphError if there is none."""
    try:
        return TABLE[name]
    except KeyError:
        raise GraphError(f"no op is called {name!r}") from None
