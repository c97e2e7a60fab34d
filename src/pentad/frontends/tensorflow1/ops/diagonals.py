"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op

_BAND = op("MatrixBandPart", "input: T, num_lower: Tindex, num_upper: Tindex -> band: T",
           lambda input, num_lower, num_upper: _band(input, int(num_lower), int(num_upper)),
           sizes=(1, 2))
_DIAG = op("MatrixDiag", "diagonal: T -> output: T", lambda diagonal: pt.diag_embed(diagonal))
_DIAG_PART = op("MatrixDiagPart", "input: T -> diagonal: T",
                lambda input: pt.diagonal(input, 0, -2, -1).clone())
_SET_DIAG = op("MatrixSetDiag", "input: T, diagonal: T -> output: T",
               lambda input, diagonal: _replaced(input, diagonal))


def _band(input: Any, lower: int, upper: int) -> Any:
    rows = pt.arange(input.shape[-2]).unsqueeze(1)
    columns = pt.arange(input.shape[-1])
    inside = pt.full((), True)
    if lower >= 0:
        inside = pt.logical_and(inside, rows - columns <= lower)
    if upper >= 0:
        inside = pt.logical_and(inside, columns - rows <= upper)
    return pt.where(inside, input, pt.zeros_like(input))


def _replaced(input: Any, diagonal: Any) -> Any:
    rows, columns = input.shape[-2:]
    on = pt.arange(rows).unsqueeze(1) == pt.arange(columns)
    # Each row is given its element of the diagonal.
    count = diagonal.shape[-1]
    if isinstance(rows, int) and isinstance(count, int) and rows > count:
        more = pt.zeros(*diagonal.shape[:-1], rows - count, dtype=diagonal.dtype)
        diagonal = pt.cat([diagonal, more], -1)
    return pt.where(on, diagonal.unsqueeze(-1), input)


def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Any:
    """A band around the diagonal, zeros elsewhere; -1 keeps a whole triangle."""
    return _BAND(input, num_lower, num_upper, name=name)


def matrix_diag(diagonal: Any, name: str | None = "diag") -> Any:
    """Matrices with these diagonals."""
    return _DIAG(diagonal, name=name)


def matrix_diag_part(input: Any, name: str | None = "diag_part") -> Any:
    """The diagonals of matrices."""
    return _DIAG_PART(input, name=name)


def matrix_set_diag(input: Any, diagonal: Any, name: str | None = "set_diag") -> Any:
    """The matrices with other diagonals."""
    return _SET_DIAG(input, diagonal, name=name)


def _tensor_diagonal(diagonal: Any) -> Any:
    shape = tuple(diagonal.shape)
    return pt.diag_embed(diagonal.reshape(-1)).reshape(*shape, *shape)


def _tensor_part(input: Any) -> Any:
    half = input.ndim // 2
    count = 1
    for n in input.shape[:half]:
        count = count * n
    return pt.diagonal(input.reshape(count, count)).reshape(input.shape[:half])


diag = op("Diag", "diagonal: T -> output: T", _tensor_diagonal)
diag_part = op("DiagPart", "input: T -> diagonal: T", _tensor_part)
_TRACE = op("Trace", "x: T -> output: T", lambda x: pt.diagonal(x, 0, -2, -1).sum(-1))


def trace(x: Any, name: str | None = None) -> Any:
    """The sums of the diagonals of matrices."""
    return _TRACE(x, name=name)


_CROSS = op("Cross", "a: T, b: T -> product: T", lambda a, b: pt.linalg.cross(a, b, dim=-1))


def cross(a: Any, b: Any, name: str | None = None) -> Any:
    """The cross products of vectors of three elements."""
    return _CROSS(a, b, name=name)


# -- products over named axes ------------------------------------------------------------------

_EINSUM = op("Einsum", "inputs: N*T; equation -> output: T",
             lambda *inputs, equation: pt.einsum(equation, *inputs))


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums of products, as an equation says."""
    if not inputs or equation.split("->")[0].count(",") != len(inputs) - 1:
        raise pt.ArgumentError(static.message(
            f"Incorrect number of inputs for equation {equation}", got=f"{len(inputs)} inputs"))
    return _EINSUM(list(inputs), equation=equation.replace(" ", ""), name=kwargs.get("name"))


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """The product summed over axes: over so many last and first ones, or over pairs of lists."""
    with name_scope(name, "Tensordot", [a, b]) as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        if isinstance(axes, int | np.integer):
            rank = a.shape.ndims
            if axes > (rank or axes):
                raise pt.ArgumentError(static.message(
                    f"'axes' must not be larger than the number of dimensions of tensor {a}"))
            pairs = [list(range(rank - int(axes), rank)), list(range(int(axes)))]
        else:
            pairs = [[v] if isinstance(v, int | np.integer) else list(v) for v in axes]
        if len(pairs) != 2 or len(pairs[0]) != len(pairs[1]):
            raise pt.ArgumentError(static.message(
                "Different number of contraction axes 'a' and 'b'", got=repr(axes)))
        letters = "abcdefghijklmnopqrstuvwxyz"
        left = list(letters[:a.shape.ndims])
        right = list(letters[a.shape.ndims:a.shape.ndims + b.shape.ndims])
        for i, j in zip(*pairs):
            right[j] = left[i]
        summed = {left[i] for i in pairs[0]}
        out = [x for x in left + right if x not in summed]
        equation = f"{''.join(left)},{''.join(right)}->{''.join(out)}"
        return _EINSUM([a, b], equation=equation, name=scope)
