"""The types that have names: `dmatrix`, `ivector`, ..., and `matrix`, `vector`, ... of floatX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad import static
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.scalar.types import (
    COMPLEX,
    CONTINUOUS,
    DISCRETE,
    DTYPES,
    FLOATS,
    INTS,
    UINTS,
)
from pentad.frontends.theano.tensor.type import TensorType, interned

LETTERS = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64",
           "c": "complex64", "z": "complex128"}
SHAPES: dict[str, tuple[bool, ...]] = {
    "scalar": (), "vector": (False,), "matrix": (False, False), "row": (True, False),
    "col": (False, True), **{f"tensor{n}": (False,) * n for n in range(3, 8)},
}
PLURALS = {"matrix": "matrices"}
NAMED: dict[str, Any] = {
    letter + shape: interned(dtype, axes)
    for letter, dtype in LETTERS.items() for shape, axes in SHAPES.items()
}


def _of_floats(shape: str) -> Callable[..., Any]:
    axes = SHAPES[shape]

    def make(name: str | None = None, dtype: Any = None) -> Any:
        return TensorType(config.floatX if dtype is None else dtype, axes)(name)

    make.__name__, make.__doc__ = shape, f"A variable of type {shape}, of floatX by default."
    return make


def _several(make: Callable[..., Any]) -> Callable[..., Any]:
    def several(*names: Any) -> Any:
        if names and isinstance(names[0], int):
            return make() if names[0] == 1 else [make() for _ in range(names[0])]
        # One text stands for as many variables as it has letters.
        chosen = names[0] if len(names) == 1 else names
        return make(chosen) if len(chosen) == 1 else [make(name) for name in chosen]

    several.__doc__ = "Variables of this type, one for each name."
    return several


for _shape in SHAPES:
    NAMED[_shape] = _of_floats(_shape)
for _name in list(NAMED):
    _shape = next(s for s in SHAPES if _name.endswith(s))
    if _name[0] not in "bwcz" or _name in SHAPES:
        NAMED[_name.replace(_shape, PLURALS.get(_shape, _shape + "s"))] = _several(NAMED[_name])


all_dtypes, integer_dtypes = list(DTYPES), [*INTS, *UINTS]
int_dtypes, uint_dtypes, float_dtypes = list(INTS), list(UINTS), list(FLOATS)
complex_dtypes, continuous_dtypes, discrete_dtypes = (
    list(COMPLEX), list(CONTINUOUS), list(DISCRETE)
)


def tensor(*args: Any, **kwargs: Any) -> Any:
    """A variable of the type of these arguments: tensor("float64", (False, True), name="x")."""
    name = kwargs.pop("name", None)
    if not args and not kwargs:
        raise TypeError(static.message("tensor() takes a dtype and a pattern", got="nothing"))
    return TensorType(*args, **kwargs)(name)


__all__ = [
    "all_dtypes", "complex_dtypes", "continuous_dtypes", "discrete_dtypes", "float_dtypes",
    "int_dtypes", "integer_dtypes", "tensor", "uint_dtypes",
]
