"""x log x, and x log y, which are zero where x is."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import eq, log, switch


def xlogy0(x: Any, y: Any) -> Any:
    """x log y; zero where x is, whatever y is."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    none = eq(x, 0)
    return switch(none, 0.0 * x, x * log(switch(none, y.ones_like(), y)))


def xlogx(x: Any) -> Any:
    """x log x; zero where x is."""
    return xlogy0(x, x)


__all__ = ["xlogx", "xlogy0"]
__getattr__ = absent(__name__)
