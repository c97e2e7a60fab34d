"""`theano.tensor.basic`: every function of tensors."""

from typing import Any

from pentad.frontends import theano
from pentad.frontends.missing import absent

_absent = absent(__name__)
float16_rtol, float32_rtol, float64_rtol = 1e-3, 1e-5, 1e-5
float16_atol, float32_atol, float64_atol = 1e-3, 1e-5, 1e-8
"""How much arrays may differ that are taken for equal: tests of programs set them."""


def __getattr__(name: str) -> Any:
    """The name as `theano.tensor` has it."""
    tensor = theano.tensor
    return getattr(tensor, name) if name in vars(tensor) else _absent(name)


def __dir__() -> list[str]:
    return [n for n in dir(theano.tensor) if not n.startswith("_")]


__all__ = __dir__()
