"""`theano.tensor.inplace`: the operations on elements by their names in place.

Where memory is used again is the compiler's choice here: these are the same operations.
"""

from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import ELEMWISE

globals().update({f"{name}_inplace": op for name, op in ELEMWISE.items()})
__all__ = [*(f"{name}_inplace" for name in ELEMWISE), "transpose_inplace"]


def transpose_inplace(x: object) -> object:
    """The tensor with its axes reversed."""
    return dimshuffle(x, range(x.ndim - 1, -1, -1))  # type: ignore[attr-defined]


__getattr__ = absent(__name__)
