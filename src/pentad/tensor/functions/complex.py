"""Complex tensors and their parts, by PyTorch's names.

`real`, `imag`, `view_as_real` and `view_as_complex` are views of the same memory. A conjugate is
computed at once: there is no lazy conjugation, so that `resolve_conj` is the tensor itself.
"""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.meta import Meta
from pentad.tensor.promotion import broadcast_together, promoted_to_float
from pentad.tensor.tensor import Tensor
from pentad.tensor.views import Layout, ViewFunction

# -- views -----------------------------------------------------------------------------------------


class _RealView(ViewFunction):
    def dtype(self, given: DType) -> DType:
        return given.real


class _ComplexView(ViewFunction):
    def dtype(self, given: DType) -> DType:
        return given.complex


def _part_layout(meta: Meta, part: int) -> Layout:
    return meta.shape, tuple(2 * s for s in meta.strides), part


def _part_node(x: Node, part: int) -> Node:
    return (ops.imag if part else ops.real)(x)


def _part_put(x: Node, value: Node, part: int) -> Node:
    return ops.complex_(ops.real(x), value) if part else ops.complex_(value, ops.imag(x))


_part_view = _RealView("part", _part_layout, _part_node, _part_put)


def _parts_layout(meta: Meta) -> Layout:
    return (*meta.shape, 2), (*(2 * s for s in meta.strides), 1), 0


def _parts_node(x: Node) -> Node:
    shape = (*x.shape, 1)
    parts = [ops.reshape(part, shape) for part in (ops.real(x), ops.imag(x))]
    return ops.concatenate(parts, x.ndim)


def _joined_layout(meta: Meta) -> Layout:
    return meta.shape[:-1], tuple(s // 2 for s in meta.strides[:-1]), 0


def _joined_node(x: Node) -> Node:
    start, limit = [0] * x.ndim, list(x.shape)
    parts = []
    for part in (0, 1):
        start[-1], limit[-1] = part, part + 1
        parts.append(ops.reshape(ops.slice_(x, start, limit), x.shape[:-1]))
    return ops.complex_(*parts)


_parts_view = _RealView(
    "view_as_real", _parts_layout, _parts_node, lambda x, value: _joined_node(value)
)
_joined_view = _ComplexView(
    "view_as_complex", _joined_layout, _joined_node, lambda x, value: _parts_node(value)
)


def _refused(name: str, input: Tensor, expected: str) -> DTypeError:
    return DTypeError(
        message(f"{name}: dtype is not supported", expected=expected, got=input.dtype.name)
    )


def real(input: Tensor) -> Any:
    """The real parts, a view; a real tensor is its own."""
    return _part_view(input, 0) if input.meta.dtype.is_complex else input


def imag(input: Tensor) -> Any:
    """The imaginary parts, a view; DTypeError for a real tensor."""
    if not input.meta.dtype.is_complex:
        raise _refused("imag", input, "complex64 or complex128")
    return _part_view(input, 1)


def view_as_real(input: Tensor) -> Any:
    """A complex tensor [...] as a real one [..., 2] of the parts, on the same memory."""
    if not input.meta.dtype.is_complex:
        raise _refused("view_as_real", input, "complex64 or complex128")
    return _parts_view(input)


def view_as_complex(input: Tensor) -> Any:
    """A float tensor [..., 2] as the complex one [...] with these parts, on the same memory.

    ShapeError unless the last dimension has size 2 and stride 1, and the other strides (and the
    place of the first element) are even, as in PyTorch.
    """
    if input.meta.dtype not in (dtypes.float32, dtypes.float64):
        raise _refused("view_as_complex", input, "float32 or float64")
    meta = input.meta
    fits = meta.ndim > 0 and isinstance(meta.shape[-1], int) and meta.shape[-1] == 2
    even = fits and meta.strides[-1] == 1 and all(s % 2 == 0 for s in meta.strides[:-1])
    if not even or (meta.traced is None and input.storage_offset() % 2):
        raise ShapeError(
            message(
                "view_as_complex: the elements are no pairs",
                expected="a last dimension of size 2 and stride 1, other strides that are even",
                got=f"shape {list(meta.shape)}, strides {list(meta.strides)}",
                hint="stack the parts along a last dimension, or use complex(real, imag)",
            )
        )
    return _joined_view(input)


# -- making ----------------------------------------------------------------------------------------


def _same_floats(name: str, a: Node, b: Node) -> tuple[Node, ...]:
    if a.dtype is not b.dtype:
        raise DTypeError(
            message(
                f"{name}: the parts have different dtypes",
                expected="two of float32, or two of float64",
                got=f"{a.dtype.name} and {b.dtype.name}",
                hint="convert one with .to(...)",
            )
        )
    return broadcast_together(name, a, b)


@surface
def complex(real: Node, imag: Node) -> Node:
    """real + i imag, of two float32 or two float64 tensors."""
    return ops.complex_(*_same_floats("complex", real, imag))


@surface
def polar(abs: Node, angle: Node) -> Node:
    """abs (cos(angle) + i sin(angle)), of two float32 or two float64 tensors."""
    size, turn = _same_floats("polar", abs, angle)
    return ops.complex_(ops.mul(size, ops.cos(turn)), ops.mul(size, ops.sin(turn)))


# -- functions -------------------------------------------------------------------------------------


@surface
def _conjugated(x: Node) -> Node:
    return ops.conj(x)


_conjugated.surface.name = "conj"


def conj(input: Tensor) -> Any:
    """The complex conjugate; a real tensor is its own."""
    return _conjugated(input) if input.meta.dtype.is_complex else input


@surface
def conj_physical(x: Node) -> Node:
    """The complex conjugate in memory of its own."""
    return ops.conj(x) if x.dtype.is_complex else ops.copy(x)


def resolve_conj(input: Tensor) -> Any:
    """The tensor itself: conjugates are computed at once."""
    return input


def is_conj(input: Tensor) -> bool:
    """False: conjugates are computed at once."""
    return False


def is_complex(input: Tensor) -> bool:
    """Is the element type a complex type?"""
    return input.meta.dtype.is_complex


@surface
def angle(x: Node) -> Node:
    """The angle in [-pi, pi] of a complex number; of a real one 0 or pi, NaN of NaN."""
    if x.dtype.is_complex:
        return ops.atan2(ops.imag(x), ops.real(x))
    [x] = promoted_to_float("angle", x)
    zero = ops.full_like(0, x)
    turned = ops.where(ops.lt(x, zero), ops.full_like(3.141592653589793, x), zero)
    return ops.where(ops.isnan(x), x, turned)


@surface
def sgn(x: Node) -> Node:
    """x / |x|, 0 of 0; of real numbers, the sign."""
    return x if x.dtype is dtypes.bool_ else ops.sign(x)


@surface
def isreal(x: Node) -> Node:
    """Where the imaginary part is 0."""
    if not x.dtype.is_complex:
        return ops.full(True, x.shape, dtypes.bool_)
    part = ops.imag(x)
    return ops.eq(part, ops.full_like(0, part))


def hermitian(input: Tensor) -> Any:
    """`x.H`: the conjugate of a transposed matrix; ShapeError unless it has 0 or 2 dimensions."""
    if input.ndim not in (0, 2):
        raise ShapeError(
            message("x.H: not a matrix", expected="0 or 2 dimensions", got=str(input.ndim),
                    hint="use x.mH for batches of matrices")
        )
    return conj(input.T)  # type: ignore[attr-defined]


def adjoint(input: Tensor) -> Any:
    """The conjugate of the transposed matrices (the last two dimensions)."""
    return conj(input.mT)  # type: ignore[attr-defined]
